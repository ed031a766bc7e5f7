import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { boundLogFile, lastLine, openLogFile } from './log-file.ts'
import { probeHost } from './probe.ts'
import { identify, isAlive, signalProcess } from './process-identity.ts'
import { readUnits, saveServerProperties, saveSpec, unitPaths } from './unit-files.ts'
import { parseSyncResponse, parseUnitSpec } from './validate.ts'

const folder = mkdtempSync(join(tmpdir(), 'freshet-files-'))
afterAll(() => rmSync(folder, { recursive: true }))

const SPEC = {
  unitId: 'u-1',
  clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  brokerId: 1,
  desired: 'RUNNING',
  generation: 0,
  properties: { 'node.id': '1' },
  port: 19_500,
} as const

describe('the log file of a process', () => {
  test('is appended to, and rotated when a process starts on a large one', () => {
    const path = join(folder, 'a.log')
    write(openLogFile(path, 10), 'first line\n')
    write(openLogFile(path, 100), 'second\n')
    expect(readFileSync(path, 'utf8')).toBe('first line\nsecond\n')
    write(openLogFile(path, 10), 'third\n')
    expect(readFileSync(path, 'utf8')).toBe('third\n')
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('first line\nsecond\n')
  })

  test('is emptied while a process writes to it, and the process goes on at its start', () => {
    const path = join(folder, 'b.log')
    const file = openLogFile(path)
    writeSync(file, '0123456789')
    boundLogFile(path, 10)
    writeSync(file, '!')
    boundLogFile(path, 10)
    write(file, 'after')
    expect(readFileSync(path, 'utf8')).toBe('after')
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('0123456789!')
  })

  test('gives its last line', () => {
    const path = join(folder, 'c.log')
    expect(lastLine(path)).toBeUndefined()
    writeFileSync(path, `${'x'.repeat(10_000)}\nport is taken\n\n`)
    expect(lastLine(path)).toBe('port is taken')
  })
})

describe('the identity of a process', () => {
  test('is stable while it lives, ends with it, and never fits another start', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const identity = identify(child.pid!)!
    expect(identify(child.pid!)).toEqual(identity)
    expect(isAlive(identity)).toBe(true)
    const other = { ...identity, startedAt: 'another time' }
    expect(isAlive(other)).toBe(false)
    expect(signalProcess(other, 'SIGKILL')).toBe(false)
    expect(signalProcess(identity, 'SIGKILL')).toBe(true)
    const [, signal] = await once(child, 'exit')
    expect(signal).toBe('SIGKILL')
    expect(isAlive(identity)).toBe(false)
    expect(signalProcess(identity, 'SIGKILL')).toBe(false)
  })
})

describe('the folder of a unit', () => {
  test('keeps its spec; a damaged one is reported and does not hide the others', () => {
    const hostDir = join(folder, 'host')
    expect(readUnits(hostDir, () => {})).toEqual([])
    saveSpec(hostDir, SPEC)
    mkdirSync(unitPaths(hostDir, 'u-0').folder, { recursive: true })
    writeFileSync(join(unitPaths(hostDir, 'u-0').folder, 'spec.json'), '{"unitId":')
    mkdirSync(unitPaths(hostDir, 'u-empty').folder)
    writeFileSync(join(unitPaths(hostDir, 'u-1').folder, 'unit.json'), 'not json')
    const bad: string[] = []
    expect(readUnits(hostDir, (unitId) => bad.push(unitId))).toEqual([{ spec: SPEC, started: undefined }])
    expect(bad).toEqual(['u-0'])
  })

  test('no property can end its line or begin another', () => {
    const hostDir = join(folder, 'escapes')
    const value = 'a\nlog.dirs=/\r\\end'
    saveServerProperties(hostDir, { ...SPEC, properties: { 'node.id': '1', note: value } })
    expect(readFileSync(unitPaths(hostDir, 'u-1').serverProperties, 'utf8')).toBe(
      'node.id=1\nnote=a\\nlog.dirs=/\\r\\\\end\n',
    )
  })
})

describe('what the control plane sends', () => {
  test('is taken if it is right', () => {
    expect(parseSyncResponse({ revision: 3, units: [SPEC] })).toEqual({ revision: 3, units: [SPEC] })
  })

  test.each([
    [{ ...SPEC, unitId: '../../etc' }],
    [{ ...SPEC, unitId: '..' }],
    [{ ...SPEC, unitId: '' }],
    [{ ...SPEC, desired: 'SLEEPING' }],
    [{ ...SPEC, port: 0 }],
    [{ ...SPEC, port: 65_536 }],
    [{ ...SPEC, brokerId: 1.5 }],
    [{ ...SPEC, generation: -1 }],
    [{ ...SPEC, properties: { 'a=b': 'c' } }],
    [{ ...SPEC, properties: { a: 1 } }],
    [{ ...SPEC, properties: [] }],
    [null],
  ])('is refused if it is not: %j', (value) => {
    expect(() => parseUnitSpec(value)).toThrow(expect.objectContaining({ name: 'InvalidInputError' }))
    expect(() => parseSyncResponse({ revision: 1, units: [value] })).toThrow()
  })

  test('is bounded', () => {
    const units = Array.from({ length: 1_001 }, () => SPEC)
    expect(() => parseSyncResponse({ revision: 1, units })).toThrow(/at most 1000/)
  })
})

test.each([
  ['PLAINTEXT://127.0.0.1:9092', '127.0.0.1'],
  ['PLAINTEXT://10.0.0.7:9092,SSL://10.0.0.7:9094', '10.0.0.7'],
  ['PLAINTEXT://:9092', '127.0.0.1'],
  ['PLAINTEXT://0.0.0.0:9092', '127.0.0.1'],
  ['PLAINTEXT://[::1]:9092', '::1'],
  [undefined, '127.0.0.1'],
])('a broker that listens on %s is probed at %s', (listeners, host) => {
  expect(probeHost(listeners)).toBe(host)
})

function write(file: number, text: string): void {
  writeSync(file, text)
  closeSync(file)
}
