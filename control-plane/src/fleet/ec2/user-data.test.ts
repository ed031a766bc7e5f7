import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { machine, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { userData } from './user-data.ts'

const BOOT = {
  hostId: 'h-1',
  zone: 'us-east-1a',
  volumeId: 'vol-0abc',
  controlPlaneUrls: ["http://control'plane:9690", 'http://other:9690'],
  registrationToken: 'vol-0abc.token',
  region: 'eu-west-1',
}

it('is a shell script that a shell accepts, within what EC2 takes', () => {
  const script = userData(BOOT)
  const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  expect(Buffer.byteLength(script)).toBeLessThan(16 * 1024)
  expect(userData(BOOT)).toBe(script)
})

it('gets the software of its architecture, unless its image brings it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'user-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const keys = { [machine() === 'aarch64' ? 'aarch64' : 'x86_64']: "it's.tgz" }
  const script = userData({ ...BOOT, software: { bucket: 'assets', keys } })
  const part = /^if \[ ! -e \/opt[\s\S]*?^fi$/m.exec(script)![0].replaceAll('/opt/', `${folder}/opt/`)
  // A tarball, once it comes; the first download breaks off.
  const aws = `aws() { echo "$@" >> ${folder}/asked; [ -e ${folder}/again ] && tar -cz -C ${folder}/packed . || { touch ${folder}/again; printf 'half'; }; }
sleep() { :; }\n`
  mkdirSync(join(folder, 'packed', 'bin'), { recursive: true })
  writeFileSync(join(folder, 'packed', 'bin', 'freshet-run'), 'run')
  const run = () => spawnSync('sh', ['-eu'], { input: aws + part, encoding: 'utf8' }).status
  expect([run(), run()]).toEqual([0, 0])
  expect(readFileSync(join(folder, 'opt', 'freshet', 'bin', 'freshet-run'), 'utf8')).toBe('run')
  expect(readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n')).toEqual([
    "s3 cp s3://assets/it's.tgz -",
    "s3 cp s3://assets/it's.tgz -",
  ])
})

it('mounts the volume of this host and starts its agent', () => {
  const script = userData(BOOT)
  expect(script).toContain('/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc')
  expect(script).toContain(`'{"hostId":"h-1","zone":"us-east-1a"}'`)
  const words = spawnSync('sh', {
    input: script.replace(/^[\s\S]*(?=set -- )/, '').replace(/export [\s\S]*/, 'echo "$@"'),
  })
  expect(words.stdout.toString().trim()).toBe(
    "/opt/freshet/bin/freshet-run host-agent --host-dir /var/lib/freshet/host --control-plane http://control'plane:9690,http://other:9690 --broker-bundle /opt/freshet/broker.mjs --instance-metadata",
  )
})

it('has systemd start the agent again however often it fails', () => {
  const [command] = /exec systemd-run[\s\S]*?"\$@"/.exec(userData(BOOT))!
  for (const property of ['Restart=always', 'StartLimitIntervalSec=0', 'KillMode=process'])
    expect(command).toContain(`--property=${property}`)
})
