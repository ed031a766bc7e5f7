import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CodecName } from '../types.ts'
import { CodecError } from './codec-error.ts'
import { memoryCodecs } from './memory-codecs.ts'
import { nodeCodecs } from './node-codecs.ts'

const CODECS: CodecName[] = ['gzip', 'snappy', 'lz4', 'zstd']
const text = Buffer.from('the quick brown fox jumps over the lazy dog. '.repeat(5000))

describe.each(CODECS)('%s', (codec) => {
  test('gives back what it was given, on the thread pool and without it', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }),
      fc.nat(20).map((count) => text.subarray(0, count * 10_000)),
    )
    await fc.assert(
      fc.asyncProperty(bytes, async (original) => {
        const compressed = await nodeCodecs.compress(codec, Buffer.from(original))
        const sizeMax = Math.max(5 << 20, original.length)
        expect(await nodeCodecs.decompress(codec, compressed, sizeMax)).toEqual(Buffer.from(original))
        const alone = await memoryCodecs.compress(codec, Buffer.from(original))
        expect(await memoryCodecs.decompress(codec, alone, sizeMax)).toEqual(Buffer.from(original))
      }),
      { numRuns: 30, seed: 1 },
    )
  })

  test('a bomb is refused before it goes off', async () => {
    const bomb = await memoryCodecs.compress(codec, Buffer.alloc(64 << 20))
    await expect(memoryCodecs.decompress(codec, bomb, 1 << 20)).rejects.toThrow(CodecError)
    await expect(nodeCodecs.decompress(codec, bomb, 1 << 20)).rejects.toThrow(CodecError)
  })

  test('malformed bytes are a CodecError', async () => {
    const compressed = await memoryCodecs.compress(codec, text)
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 100 }),
        fc.nat(compressed.length - 1),
        async (noise, cut) => {
          const inputs = [Buffer.from(noise), compressed.subarray(0, cut)]
          for (const input of inputs) {
            const outcome = await memoryCodecs.decompress(codec, input, 1 << 20).catch((error) => error)
            expect(outcome instanceof CodecError || Buffer.isBuffer(outcome)).toBe(true)
          }
        },
      ),
      { numRuns: 50, seed: 2 },
    )
  })
})

test('snappy is written in the framing of Java, and read with it and without', async () => {
  const framed = await memoryCodecs.compress('snappy', text)
  expect(framed.subarray(0, 16).toString('hex')).toBe('82534e41505059000000000100000001')
  const raw = Buffer.from('0b2868656c6c6f20776f726c64', 'hex')
  expect((await memoryCodecs.decompress('snappy', raw, 100)).toString()).toBe('hello world')
})

test('an lz4 frame has independent blocks, which is all that Java reads', async () => {
  const frame = await memoryCodecs.compress('lz4', text)
  expect(frame.readUInt32LE(0)).toBe(0x184d2204)
  expect(frame[4]! & 0x20).toBe(0x20)
})

test('a higher level compresses more', async () => {
  const bytes = Buffer.from(
    Array.from({ length: 20_000 }, (_, index) => `${(index * 7919) % 1000},`).join(''),
  )
  const sizes = async (codec: CodecName, levels: number[]) =>
    Promise.all(levels.map(async (level) => (await nodeCodecs.compress(codec, bytes, level)).length))
  const [gzipFast = 0, gzipBest = 0] = await sizes('gzip', [1, 9])
  const [zstdFast = 0, zstdBest = 0] = await sizes('zstd', [-5, 19])
  expect(gzipBest).toBeLessThan(gzipFast)
  expect(zstdBest).toBeLessThan(zstdFast)
})
