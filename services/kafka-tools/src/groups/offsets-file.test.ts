import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readOffsetsFile } from './offsets-file.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'freshet-offsets-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

it.each<[string, string, readonly string[], object]>([
  ['three columns for one group', 't,0,1\nt,1,2\n', ['g'], { g: ['t-0 1', 't-1 2'] }],
  ['four columns for one group', 'g,t,0,1\nh,t,0,2', ['g'], { g: ['t-0 1'], h: ['t-0 2'] }],
  ['four columns for several', 'g,t,0,1\nh,t,0,2\n', ['g', 'h'], { g: ['t-0 1'], h: ['t-0 2'] }],
  ['the later line about a partition', 't,0,1\nt,0,2\n', ['g'], { g: ['t-0 2'] }],
  ['quotation marks', '"a, ""b""","t","0","1"\n', ['g'], { 'a, "b"': ['t-0 1'] }],
  ['blanks, empty lines, a comma too many', '\ufeff t , +0 , 1 ,\r\n\r\n', ['g'], { g: ['t-0 1'] }],
  ['the largest offset', 't,0,9223372036854775807', ['g'], { g: ['t-0 9223372036854775807'] }],
  ['nothing', '\n', ['g'], {}],
])('%s', (_what, text, groupIds, expected) => {
  const plans = [...readOffsetsFile(written(text), groupIds)].map(([groupId, offsets]) => [
    groupId,
    offsets.map(({ topic, partition, offset }) => `${topic}-${partition} ${offset}`),
  ])
  expect(Object.fromEntries(plans)).toEqual(expected)
})

it.each([
  ['t,0', ['g'], "line 1: 't,0' is not topic,partition,offset"],
  ['t,0,', ['g'], "line 1: 't,0,' is not topic,partition,offset"],
  ['t,0,1\n\n"t,0,1', ['g'], `line 3: '"t,0,1' is not topic,partition,offset`],
  ['t,0,1\ng,t,0,1', ['g'], "line 2: 'g,t,0,1' is not topic,partition,offset"],
  ['t,0,1', ['g', 'h'], "line 1: 't,0,1' is not group,topic,partition,offset"],
  ['g,t,0,1,2', ['g'], "line 1: 'g,t,0,1,2' is not group,topic,partition,offset"],
  ['t,x,1', ['g'], "line 1: 'x' is not a partition"],
  ['t,-1,1', ['g'], "line 1: '-1' is not a partition"],
  ['t,2147483648,1', ['g'], "line 1: '2147483648' is not a partition"],
  ['t,0,1.5', ['g'], "line 1: '1.5' is not an offset"],
  ['t,0,9223372036854775808', ['g'], "line 1: '9223372036854775808' is not an offset"],
  // Of another group, all the same.
  ['g,t,0,1\nh,t,0,x', ['g'], "line 2: 'x' is not an offset"],
])('%j for %j: %s', (text, groupIds, message) => {
  const path = written(text)
  expect(() => readOffsetsFile(path, groupIds)).toThrow(`${path}, ${message}`)
})

it('a file that cannot be read is told in the words of Kafka’s tool', () => {
  const path = join(folder, 'none')
  expect(() => readOffsetsFile(path, ['g'])).toThrow(`java.io.IOException: Unable to read file ${path}`)
  expect(() => readOffsetsFile(folder, ['g'])).toThrow(`java.io.IOException: Unable to read file ${folder}`)
})

function written(text: string): string {
  const path = join(folder, 'offsets.csv')
  writeFileSync(path, text)
  return path
}
