/** The scripts that run before anything is installed, in a project made for the test. */
import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

const REPOSITORY = resolve(import.meta.dirname, '../../..')
let root = ''

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'freshet-setup-'))
  mkdirSync(join(root, 'services/cli'), { recursive: true })
  for (const name of ['setup.mjs', 'build.mjs']) {
    copyFileSync(join(REPOSITORY, 'services/cli', name), join(root, 'services/cli', name))
  }
  write('package-lock.json', '{}')
})
afterEach(() => rmSync(root, { recursive: true }))

describe('setup.mjs', () => {
  test('installs what is missing, once, and says so in one line', () => {
    const first = setup()
    expect(first).toMatchObject({ status: 0, stdout: 'Installing dependencies (npm ci) …\n', stderr: '' })
    expect(readFileSync(join(root, 'npm-was-called-with'), 'utf8')).toMatch(/^ci /)
    expect(setup()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test('installs again when the lock file is newer', () => {
    setup()
    const later = new Date(Date.now() + 60_000)
    utimesSync(join(root, 'package-lock.json'), later, later)
    expect(setup().stdout).toContain('Installing')
  })

  test('a failed installation shows what npm said, and fails', () => {
    const { status, stderr } = setup('console.error("npm says no"); process.exit(7)')
    expect(status).toBe(7)
    expect(stderr).toContain('npm says no')
  })
})

describe('build.mjs', () => {
  beforeEach(() => {
    symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'))
    for (const entry of ['broker', 'control-plane', 'services/host-agent', 'services/cli']) {
      write(
        `${entry}/src/main.ts`,
        `import { greeting } from './part.ts'\nconsole.log(greeting('${entry}'))\n`,
      )
      write(`${entry}/src/part.ts`, "export const greeting = (name: string) => ['hello', name].join(' ')\n")
      age(`${entry}/src/main.ts`)
      age(`${entry}/src/part.ts`)
    }
    write('services/host-agent/src/health.ts', 'console.log(0)\n')
    age('services/host-agent/src/health.ts')
    write('services/kafka-tools/src/main.ts', 'console.log(0)\n')
    age('services/kafka-tools/src/main.ts')
  })

  test('bundles every program, and nothing when nothing changed', () => {
    expect(build()).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(
        /^Built broker, control-plane, host-agent, freshet, health, kafka-tools in \d+ ms\.\n$/,
      ),
    })
    expect(run(join(root, 'dist/freshet.mjs')).stdout).toBe('hello services/cli\n')
    expect(build()).toMatchObject({ status: 0, stdout: '', stderr: '' })
  })

  test('builds again only what a change concerns', () => {
    build()
    write(
      'broker/src/part.ts',
      "export const greeting = (name: string) => ['good morning', name].join(' ')\n",
    )
    expect(build().stdout).toMatch(/^Built broker in/)
    expect(run(join(root, 'dist/broker.mjs')).stdout).toBe('good morning broker\n')
    rmSync(join(root, 'dist/host-agent.mjs'))
    expect(build().stdout).toMatch(/Built .*host-agent in/)
    expect(existsSync(join(root, 'dist/host-agent.mjs'))).toBe(true)
  })

  test('a source that does not compile is named, and fails the build of nothing else', () => {
    write('broker/src/part.ts', 'export const = 1')
    const { status, stderr } = build()
    expect(status).toBe(1)
    expect(stderr).toContain('broker/src/part.ts:1')
    expect(existsSync(join(root, 'dist/freshet.mjs'))).toBe(true)
  })

  test('an unknown program is one line', () => {
    expect(build('toaster')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^build: there is no program toaster.*\n$/),
    })
  })
})

/** npm is a script that leaves behind what npm leaves behind. */
function setup(fail = '') {
  write(
    'npm.mjs',
    `import { mkdirSync, writeFileSync } from 'node:fs'
    ${fail}
    writeFileSync('npm-was-called-with', process.argv.slice(2).join(' '))
    mkdirSync('node_modules', { recursive: true })
    writeFileSync('node_modules/.package-lock.json', '{}')`,
  )
  return run(join(root, 'services/cli/setup.mjs'), [], { npm_execpath: join(root, 'npm.mjs') })
}

function build(...programs: string[]) {
  return run(join(root, 'services/cli/build.mjs'), programs)
}

function run(script: string, args: string[] = [], env: Record<string, string> = {}) {
  return spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })
}

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/** A file as old as a real source: one written in the moment of the build counts as changed. */
function age(path: string): void {
  const earlier = new Date(Date.now() - 60_000)
  utimesSync(join(root, path), earlier, earlier)
}
