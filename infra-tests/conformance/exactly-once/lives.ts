/** A program that transforms one topic into another is killed inside transactions, and started again each time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect } from 'vitest'
import { startChild, stopChild } from '../../support/child.ts'
import { mustRun } from '../../support/programs.ts'
import { waitFor } from '../../support/wait.ts'
import { uniqueName } from '../cluster-under-test.ts'
import type { Death, Orders } from './transform.ts'

const PARTITIONS = 3
const RECORDS_PER_PARTITION = 50
const DEATHS: readonly Death[] = ['sent', 'offsets', 'commit+0ms', 'commit+2ms', 'commit+5ms']

/** For the cluster: a member that died leaves its group soon. */
export const SHORT_SESSIONS = {
  'group.min.session.timeout.ms': '1000',
  'group.initial.rebalance.delay.ms': '0',
}

export async function expectEachInputOnce(bootstrap: string, program: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-lives-'))
  const admin = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  try {
    const [from, to] = [uniqueName('from'), uniqueName('to')]
    const topics = [from, to].map((topic) => ({ topic, numPartitions: PARTITIONS }))
    await admin.createTopics({ topics, waitForLeaders: true })
    const groupId = uniqueName('group')
    const orders = { bootstrap, transactionalId: uniqueName('id'), groupId, from, to }
    const inputs = await produceInput(bootstrap, from)

    for (const death of DEATHS) {
      const life = start(program, { ...orders, death }, folder)
      expect(await life.ended, life.log()).toBe('SIGKILL')
    }
    const last = start(program, { ...orders, death: 'never' }, folder)
    const isAllDone = async () => {
      if (!last.isRunning()) throw new Error(last.log())
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [from] })
      return offsets?.partitions.every(({ offset }) => Number(offset) === RECORDS_PER_PARTITION)
    }
    await waitFor('the end of the input', 60_000, isAllDone, 100).finally(() => stopChild(last))

    const outputs = inputs.map((value) => `${value}!`)
    expect(await read(bootstrap, to, 'read_committed')).toEqual(outputs)
    // What the killed ones had sent is there as well: they died inside their transactions.
    expect((await read(bootstrap, to, 'read_uncommitted')).length).toBeGreaterThan(outputs.length)
  } finally {
    await admin.disconnect()
    rmSync(folder, { recursive: true })
  }
}

function start(program: string, orders: Orders, folder: string) {
  return startChild(process.execPath, [program, JSON.stringify(orders)], join(folder, `${orders.death}.log`))
}

/** Sorted, as `read` gives them. */
async function produceInput(bootstrap: string, topic: string): Promise<string[]> {
  const values = Array.from({ length: PARTITIONS }, (_, partition) =>
    Array.from({ length: RECORDS_PER_PARTITION }, (__, index) => `p${partition}-${index}`),
  )
  for (const [partition, input] of values.entries())
    await kcat(bootstrap, ['-P', '-t', topic, '-p', String(partition)], `${input.join('\n')}\n`)
  return values.flat().sort()
}

async function read(bootstrap: string, topic: string, level: string): Promise<string[]> {
  const options = ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-X', `isolation.level=${level}`]
  return (await kcat(bootstrap, options)).split('\n').slice(0, -1).sort()
}

async function kcat(bootstrap: string, args: readonly string[], input = ''): Promise<string> {
  return (await mustRun('kcat', ['-b', bootstrap, ...args], { input })).stdout
}
