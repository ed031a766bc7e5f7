import { expect, test } from 'vitest'
import { parseCommandLine } from '../command-line/parse.ts'
import { changesOf } from './changes.ts'
import { configOptions } from './config-options.ts'

const changes = (...args: string[]) => changesOf(parseCommandLine(['--alter', ...args], configOptions))

test('brackets keep commas together', () => {
  expect(changes('--add-config', 'a=1,b=[x,y],c = 3,d=').added).toEqual({ a: '1', b: 'x,y', c: '3', d: '' })
})

test('what is removed', () => {
  expect(changes('--delete-config', 'a, b').deleted).toEqual(['a', 'b'])
})

test('a pair without value is refused', () => {
  expect(() => changes('--add-config', 'retention.ms')).toThrow(
    'all configs to be added must be in the format',
  )
})

test('so is a key that no configuration can have', () => {
  expect(() => changes('--add-config', 'a b=1')).toThrow('Invalid character found for config key: a b')
})
