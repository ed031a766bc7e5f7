/** The file of `--from-file`: what `--export` writes, `topic,partition,offset`, with the group before it for several. */
import { readFileSync } from 'node:fs'
import { IllegalArgumentException, JavaException } from '../client/exceptions.ts'
import { partitionKey } from '../client/topics.ts'
import type { NewOffset } from './reset-plan.ts'

/**
 * Offsets by group; of two lines about a partition the later one counts. Kafka's tool takes 0 for a partition or an offset
 * that a line lacks, which sets a group back to the beginning: here it is a mistake like any other.
 */
export function readOffsetsFile(
  path: string,
  groupIds: readonly string[],
): ReadonlyMap<string, readonly NewOffset[]> {
  const lines = readText(path)
    .split(/\r?\n/)
    .map((line, index) => ({ line, at: `${path}, line ${index + 1}`, cells: cellsOf(line) }))
    .filter(({ line }) => line.trim() !== '')
  const [onlyGroup] = groupIds.length === 1 && (lines[0]?.cells ?? []).length <= 3 ? groupIds : []
  const plans = new Map<string, Map<string, NewOffset>>()
  for (const { line, at, cells } of lines) {
    const [groupId = '', topic = '', partition = '', offset = '', ...more] =
      onlyGroup === undefined ? cells : [onlyGroup, ...cells]
    if (offset === '' || more.length > 0) {
      const columns = onlyGroup === undefined ? 'group,topic,partition,offset' : 'topic,partition,offset'
      throw mistake(`${at}: '${line}' is not ${columns}`)
    }
    const plan = plans.get(groupId) ?? new Map<string, NewOffset>()
    const wanted = { topic, partition: partitionOf(partition, at), offset: offsetOf(offset, at) }
    plans.set(groupId, plan.set(partitionKey(topic, wanted.partition), wanted))
  }
  return new Map([...plans].map(([groupId, plan]) => [groupId, [...plan.values()]]))
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error
    throw mistake(`java.io.IOException: Unable to read file ${path}`)
  }
}

const CELL = /\s*(?:"((?:[^"]|"")*)"|(?!")([^,]*?))\s*(,|$)/y

/** None where a quotation mark is missing. An empty one at the end does not count. */
function cellsOf(line: string): string[] {
  const cells: string[] = []
  CELL.lastIndex = 0
  for (let last = ','; last !== ''; ) {
    const cell = CELL.exec(line)
    if (cell === null) return []
    cells.push(cell[1]?.replaceAll('""', '"') ?? cell[2] ?? '')
    last = cell[3] ?? ''
  }
  return cells.at(-1) === '' ? cells.slice(0, -1) : cells
}

const INT_MAX = 2n ** 31n - 1n
const LONG_MAX = 2n ** 63n - 1n

function partitionOf(cell: string, at: string): number {
  const partition = numberOf(cell)
  if (partition === undefined || partition < 0n || partition > INT_MAX) {
    throw mistake(`${at}: '${cell}' is not a partition`)
  }
  return Number(partition)
}

function offsetOf(cell: string, at: string): bigint {
  const offset = numberOf(cell)
  if (offset === undefined || offset > LONG_MAX) throw mistake(`${at}: '${cell}' is not an offset`)
  if (offset < 0n) throw new IllegalArgumentException('Invalid negative offset')
  return offset
}

function numberOf(cell: string): bigint | undefined {
  return /^[+-]?\d+$/.test(cell) ? BigInt(cell) : undefined
}

/** Kafka's tool says what is wrong, and ends with 0. */
function mistake(message: string): JavaException {
  return new JavaException('java.lang.RuntimeException', message)
}
