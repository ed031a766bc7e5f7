import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { reserveDescriptors } from './node-descriptors.ts'
import { readOpenFiles } from './node-process.ts'

test.skipIf(process.platform !== 'linux')(
  'there is room for as many, and none of them stays open',
  async () => {
    const before = readOpenFiles()?.count ?? 0
    const count = 2 * tableSize()
    await reserveDescriptors(count)
    expect(tableSize()).toBeGreaterThanOrEqual(count)
    expect(readOpenFiles()?.count).toBeLessThan(before + 10)
  },
)

/** How many descriptors the kernel has made room for. */
function tableSize(): number {
  const [, size] = /^FDSize:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? []
  return Number(size)
}
