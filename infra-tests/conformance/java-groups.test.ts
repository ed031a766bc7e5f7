/** kafka-consumer-groups: what an operator sees of a group. */
import { expect, test } from 'vitest'
import { type KafkaTool, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('kafka-consumer-groups', ['java'], () => {
  const cluster = useCluster()

  test.concurrent('shows committed offset, end offset and lag of a group without members', async () => {
    const { topic, group } = await consumedThreeOfFive()
    expect((await groups(['--list'])).stdout.split('\n')).toContain(group)
    const described = await groups(['--describe', '--group', group])
    expect(described.output).toContain(`Consumer group '${group}' has no active members.`)
    expect(rowsOf(described.stdout)).toEqual([[group, topic, '0', '3', '5', '2', '-', '-', '-']])
    const state = await groups(['--describe', '--group', group, '--state'])
    expect(state.stdout).toContain('Empty')
  })

  test.concurrent('resets offsets to the earliest and deletes the group', async () => {
    const { topic, group } = await consumedThreeOfFive()
    const reset = ['--reset-offsets', '--to-earliest', '--group', group, '--topic', topic]
    expect((await groups([...reset, '--dry-run'])).exitCode).toBe(0)
    expect(await committedOffset(group)).toBe('3')
    expect((await groups([...reset, '--execute'])).exitCode).toBe(0)
    expect(await committedOffset(group)).toBe('0')
    const deleted = await groups(['--delete', '--group', group])
    expect(deleted.stdout).toContain(`Deletion of requested consumer groups ('${group}') was successful.`)
    expect((await groups(['--list'])).stdout.split('\n')).not.toContain(group)
  })

  test.concurrent('shows a running member with its partitions', async ({ expect }) => {
    const topic = await newTopic(2)
    const group = uniqueName('active')
    const consumer = tool('kafka-console-consumer', [
      '--topic',
      topic,
      '--group',
      group,
      '--timeout-ms',
      '30000',
      '--max-messages',
      '1',
    ])
    await expect
      .poll(async () => rowsOf((await groups(['--describe', '--group', group])).stdout))
      .toHaveLength(2)
    const rows = rowsOf((await groups(['--describe', '--group', group])).stdout)
    expect(rows.map((row) => row[2]).sort()).toEqual(['0', '1'])
    for (const row of rows) expect(row[6]).toMatch(/^console-consumer-/)
    const members = await groups(['--describe', '--group', group, '--members'])
    expect(members.stdout).toMatch(
      new RegExp(`${group}\\s+console-consumer-\\S+\\s+/127.0.0.1\\s+console-consumer\\s+2`),
    )
    const refused = await groups(['--delete', '--group', group])
    expect(refused.output).toContain('GroupNotEmptyException')
    await produce(topic, ['done'])
    expect((await consumer).stdout).toContain('done')
  })

  test.concurrent('an unknown group is an error', async () => {
    const described = await groups(['--describe', '--group', uniqueName('nobody')])
    expect(described.output).toMatch(/does not exist|GroupIdNotFoundException/)
  })

  async function consumedThreeOfFive(): Promise<{ topic: string; group: string }> {
    const topic = await newTopic(1)
    const group = uniqueName('hello-group')
    await produce(topic, ['1', '2', '3', '4', '5'])
    const args = ['--topic', topic, '--group', group, '--from-beginning', '--max-messages', '3']
    const consumed = await tool('kafka-console-consumer', [...args, '--timeout-ms', '20000'])
    expect(consumed.stdout).toBe('1\n2\n3\n')
    return { topic, group }
  }

  async function newTopic(partitions: number): Promise<string> {
    const topic = uniqueName('topic')
    const created = await tool('kafka-topics', [
      '--create',
      '--topic',
      topic,
      '--partitions',
      String(partitions),
    ])
    expect(created.exitCode, created.output).toBe(0)
    return topic
  }

  async function produce(topic: string, lines: string[]): Promise<void> {
    const target = ['--bootstrap-server', cluster().bootstrap, '--topic', topic]
    const produced = await kafkaTool('kafka-console-producer', target, { input: `${lines.join('\n')}\n` })
    expect(produced.exitCode, produced.output).toBe(0)
  }

  async function committedOffset(group: string): Promise<string | undefined> {
    return rowsOf((await groups(['--describe', '--group', group])).stdout)[0]?.[3]
  }

  function groups(args: string[]) {
    return tool('kafka-consumer-groups', args)
  }

  function tool(name: KafkaTool, args: string[]) {
    return kafkaTool(name, ['--bootstrap-server', cluster().bootstrap, ...args])
  }
})

/** The lines below the header, in columns; a member without partitions has no row. */
function rowsOf(table: string): string[][] {
  const lines = table.split('\n').map((line) => line.trim().split(/\s+/))
  const header = lines.findIndex((columns) => columns[0] === 'GROUP')
  return lines.slice(header + 1).filter((columns) => header >= 0 && columns.length === 9)
}
