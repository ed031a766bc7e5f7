import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { kafkaToolNames, runKafkaTool } from './run.ts'

async function run(name: string, ...args: string[]) {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const interrupted = new AbortController().signal
  const exitCode = await runKafkaTool(name, args, {
    input,
    output,
    errors,
    isInteractive: false,
    interrupted,
  })
  return { exitCode, stdout: String(output.read() ?? ''), stderr: String(errors.read() ?? '') }
}

const SERVER = ['--bootstrap-server', '127.0.0.1:1']

test('each tool tells what it does and its options, in alphabetical order', async () => {
  for (const name of kafkaToolNames) {
    const { exitCode, stderr } = await run(`${name}.sh`, '--help')
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^This tool helps to .*\nOption +Description\n/)
    const listed = [...stderr.matchAll(/^--([\w.-]+)/gm)].map(([, option]) => option)
    expect(listed).toEqual([...listed].sort())
    expect(listed).toContain('bootstrap-server')
    expect(await run(name)).toEqual({ exitCode, stdout: '', stderr })
  }
})

test('each tool names the Kafka that it is modelled on', async () => {
  for (const name of kafkaToolNames) {
    expect(await run(name, '--version')).toEqual({ exitCode: 0, stdout: '4.3.1\n', stderr: '' })
  }
})

test('a tool that is not here is told by name', async () => {
  expect(await run('kafka-dance')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('kafka-dance'),
  })
})

test.each([
  ['kafka-topics', ['--list', '--zookeeper', 'localhost:2181'], 'use --bootstrap-server'],
  ['kafka-topics', ['--create', '--topic', 't'], '--bootstrap-server must be specified'],
  ['kafka-topics', [...SERVER, '--create', '--list'], 'Command must include exactly one action'],
  ['kafka-topics', [...SERVER, '--delete'], 'Missing required argument "[topic]"'],
  ['kafka-topics', [...SERVER, '--list', '--partitions', '1'], 'can\'t be used with option "[list]"'],
  [
    'kafka-topics',
    [...SERVER, '--alter', '--topic', 't', '--config', 'a=b'],
    'the kafka-configs tool can be used',
  ],
  ['kafka-configs', [...SERVER, '--describe'], 'At least one entity type must be specified'],
  ['kafka-configs', ['--describe', '--entity-type', 'topics'], 'Either --bootstrap-server or'],
  ['kafka-configs', [...SERVER, '--describe', '--entity-type', 'cats'], 'Invalid entity type cats'],
  ['kafka-configs', [...SERVER, '--alter', '--entity-type', 'topics'], 'An entity name must be specified'],
  [
    'kafka-configs',
    [...SERVER, '--alter', '--broker', 'x', '--add-config', 'a=b'],
    'must be a valid integer',
  ],
  ['kafka-console-producer', SERVER, 'Missing required argument "[topic]"'],
  [
    'kafka-console-producer',
    [...SERVER, '--topic', 't', '--from-beginning'],
    'from-beginning is not a recognized',
  ],
  [
    'kafka-console-producer',
    [...SERVER, '--topic', 't', '--compression-codec', 'zip'],
    'Unknown compression name',
  ],
  ['kafka-console-consumer', SERVER, 'Exactly one of the following arguments is required'],
  [
    'kafka-console-consumer',
    [...SERVER, '--topic', 't', '--from-begining'],
    'from-begining is not a recognized',
  ],
  ['kafka-console-consumer', [...SERVER, '--topic', 't', '--offset', '1'], 'The partition is required'],
  ['kafka-console-consumer', [...SERVER, '--topic', 't', '--partition', '0', '--offset', '-1'], "value '-1'"],
  ['kafka-consumer-groups', ['--list'], 'Missing required argument "[bootstrap-server]"'],
  ['kafka-consumer-groups', SERVER, 'Command must include exactly one action'],
  ['kafka-consumer-groups', [...SERVER, '--describe'], 'takes one of these options: [all-groups], [group]'],
  ['kafka-consumer-groups', [...SERVER, '--list', '--members'], 'Option(s) [members] are unavailable'],
])('%s %j: %s', async (name, args, message) => {
  const { exitCode, stdout, stderr } = await run(name, ...args)
  expect(stderr).toContain(message)
  expect(stdout).toBe('')
  expect(exitCode).toBe(1)
})

test('a cluster that cannot be reached is named, and given up in time', async () => {
  const { exitCode, stdout, stderr } = await runUnreachable()
  expect(exitCode).toBe(1)
  expect(stderr).toContain('Connection to 127.0.0.1:1 could not be established. Node may not be available.')
  expect(stdout).toContain(
    'Error while executing topic command : Timed out waiting for a node assignment. Call: listTopics',
  )
})

async function runUnreachable() {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-tools-'))
  try {
    const file = join(folder, 'client.properties')
    writeFileSync(file, 'default.api.timeout.ms=200\n')
    return await run('kafka-topics', ...SERVER, '--list', '--command-config', file)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
