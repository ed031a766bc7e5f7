/** Kafka Connect in one process with its file source and its file sink, killed twice on the way. */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { type Child, startChild, stopChild } from '../support/child.ts'
import { kafkaTool, kafkaToolCommand } from '../support/java.ts'
import { freePorts } from '../support/ports.ts'
import { suite } from '../support/requirements.ts'
import { waitFor } from '../support/wait.ts'
import { propertiesText } from './brokers.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

const START_LIMIT_MS = 90_000
const COMMIT_INTERVAL_MS = 500

suite('Kafka Connect', ['java'], () => {
  const cluster = useCluster()
  const folder = mkdtempSync(join(tmpdir(), 'freshet-connect-'))
  const file = (name: string) => join(folder, name)
  const [source, sink, offsets, log] = [file('source.txt'), file('sink.txt'), file('offsets'), file('log')]
  const topic = uniqueName('connect')
  const sinkName = uniqueName('file-sink')
  let worker: Child | undefined

  afterEach(async () => {
    if (worker) await stopChild(worker)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  test('every line of the source is once in the sink; a worker that is killed goes on where it committed', async () => {
    const [first, second, third] = [lines('first', 500), lines('second', 500), lines('third', 5000)]
    append(first)
    worker = await startWorker()
    await sinkHas(first.length)
    await committed(first)
    expect(sunk()).toEqual(first)

    await kill(worker)
    append(second)
    worker = await startWorker()
    await sinkHas(first.length + second.length)
    await committed([...first, ...second])
    expect(sunk()).toEqual([...first, ...second])

    // Killed with work in hand: what was not committed may come twice, and nothing may be missing.
    append(third)
    await sinkHas(first.length + second.length + 1)
    await kill(worker)
    worker = await startWorker()
    const all = [...first, ...second, ...third]
    await waitFor('every line', START_LIMIT_MS, async () => new Set(sunk()).size === all.length)
    expect(new Set(sunk())).toEqual(new Set(all))
    expect(await stopChild(worker)).toBe(143)
    const group = await tool('kafka-consumer-groups', ['--describe', '--group', `connect-${sinkName}`])
    expect(group).toMatch(new RegExp(`${topic} +0 +(\\d+) +\\1 +0 `))
  }, 400_000)

  async function startWorker(): Promise<Child> {
    const [port = 0] = await freePorts(1)
    const files = {
      worker: {
        'bootstrap.servers': cluster().bootstrap,
        listeners: `http://127.0.0.1:${port}`,
        'key.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'value.converter': 'org.apache.kafka.connect.json.JsonConverter',
        'key.converter.schemas.enable': 'false',
        'value.converter.schemas.enable': 'false',
        'offset.storage.file.filename': offsets,
        'offset.flush.interval.ms': String(COMMIT_INTERVAL_MS),
        // The group does not wait for the consumer that was killed.
        'consumer.session.timeout.ms': '6000',
        'plugin.discovery': 'service_load',
      },
      source: { name: 'file-source', 'connector.class': 'FileStreamSource', file: source, topic },
      sink: { name: sinkName, 'connector.class': 'FileStreamSink', file: sink, topics: topic },
    }
    const paths = Object.entries(files).map(([name, properties]) => {
      const path = file(`${name}.properties`)
      writeFileSync(path, propertiesText({ ...properties, 'tasks.max': '1' }))
      return path
    })
    const [program = '', ...args] = kafkaToolCommand('connect-standalone', paths)
    return startChild(program, args, log)
  }

  async function kill(child: Child): Promise<void> {
    child.process.kill('SIGKILL')
    await child.ended
  }

  function lines(prefix: string, count: number): string[] {
    return Array.from({ length: count }, (_, index) => `${prefix} ${index}`)
  }

  function append(added: readonly string[]): void {
    appendFileSync(source, `${added.join('\n')}\n`)
  }

  function sunk(): string[] {
    return existsSync(sink) ? readFileSync(sink, 'utf8').split('\n').slice(0, -1) : []
  }

  async function sinkHas(count: number): Promise<void> {
    await waitFor(`${count} lines in the sink`, START_LIMIT_MS, async () => {
      if (worker && !worker.isRunning()) throw new Error(worker.log())
      return sunk().length >= count
    })
  }

  /** Source and sink have committed their positions behind these lines. */
  async function committed(all: readonly string[]): Promise<void> {
    const position = `{"position":${all.join('\n').length + 1}}`
    await waitFor(`${position} in the offset file`, START_LIMIT_MS, async () =>
      readFileSync(offsets, 'latin1').includes(position),
    )
    const end = new RegExp(`${topic} +0 +${all.length} +${all.length} +0 `)
    await waitFor('the offsets of the sink', START_LIMIT_MS, async () =>
      end.test(await tool('kafka-consumer-groups', ['--describe', '--group', `connect-${sinkName}`])),
    )
  }

  async function tool(name: Parameters<typeof kafkaTool>[0], args: readonly string[]): Promise<string> {
    return (await kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])).stdout
  }
})
