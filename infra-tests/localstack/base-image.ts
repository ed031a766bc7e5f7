/**
 * A base image where no registry can be reached: the project's own Node on a few Debian packages, unpacked, not
 * installed. Where Docker Hub is reachable the Dockerfile's own base serves as well.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const PACKAGES = [
  'libc6',
  'libstdc++6',
  'libgcc-s1',
  'gcc-12-base',
  'libatomic1',
  'libtinfo6',
  'bash',
  'busybox',
  'ca-certificates',
  // mountpoint and setpriv, which busybox lacks: an instance's user data uses them.
  'util-linux',
  'libmount1',
  'libblkid1',
  'libselinux1',
  'libpcre2-8-0',
  'libcap-ng0',
]
const UNUSED = ['doc', 'man', 'locale', 'lintian', 'bash-completion', 'initramfs-tools', 'info']
const NODE = resolve(import.meta.dirname, '../../node_modules/node/bin/node')

/** Makes the image unless it is there, and returns its name. */
export function ensureBaseImage(): string {
  const node = execFileSync(NODE, ['--version'], { encoding: 'utf8' }).trim()
  const packages = createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8)
  const name = `freshet-test-base:${node}-${packages}`
  if (execFileSync('docker', ['images', '--quiet', name], { encoding: 'utf8' }).trim() === '') build(name)
  return name
}

function build(name: string): void {
  const work = mkdtempSync(join(tmpdir(), 'freshet-base-'))
  try {
    chmodSync(work, 0o755)
    const root = join(work, 'root')
    for (const folder of [
      'tmp',
      'etc/ssl/certs',
      'proc',
      'sys',
      'dev',
      'run',
      'var/tmp',
      'root',
      'usr/local/bin',
    ])
      mkdirSync(join(root, folder), { recursive: true })
    execFileSync('apt-get', ['download', '-qq', '-o', 'APT::Sandbox::User=root', ...PACKAGES], { cwd: work })
    for (const file of readdirSync(work).filter((each) => each.endsWith('.deb'))) {
      execFileSync('dpkg-deb', ['-x', join(work, file), root])
    }
    for (const folder of UNUSED) rmSync(join(root, 'usr/share', folder), { recursive: true, force: true })
    linkBusybox(root)
    joinCertificates(root)
    writeUsers(root)
    copyFileSync(NODE, join(root, 'usr/local/bin/node'))
    execFileSync('strip', ['--strip-unneeded', join(root, 'usr/local/bin/node')])
    chmodSync(join(root, 'tmp'), 0o1777)
    importRoot(root, work, name)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function linkBusybox(root: string): void {
  const busybox = join(root, 'bin/busybox')
  for (const applet of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (!existsSync(join(root, 'bin', applet))) symlinkSync('busybox', join(root, 'bin', applet))
  }
}

function joinCertificates(root: string): void {
  const folder = join(root, 'usr/share/ca-certificates/mozilla')
  const certificates = readdirSync(folder).sort()
  writeFileSync(
    join(root, 'etc/ssl/certs/ca-certificates.crt'),
    certificates.map((file) => readFileSync(join(folder, file), 'utf8')).join(''),
  )
  rmSync(join(root, 'usr/share/ca-certificates'), { recursive: true })
}

function writeUsers(root: string): void {
  writeFileSync(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/bin/bash\nfreshet:x:1000:1000::/var/lib/kafka:/bin/bash\n',
  )
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nfreshet:x:1000:\n')
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
}

function importRoot(root: string, work: string, name: string): void {
  const archive = join(work, 'root.tar')
  const owner = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner']
  execFileSync('tar', [...owner, '-C', root, '-cf', archive, '.'])
  const path = 'ENV PATH=/usr/local/bin:/bin:/usr/bin:/sbin:/usr/sbin'
  execFileSync('docker', ['import', '--change', path, '--change', 'CMD ["bash"]', archive, name])
}
