import { expect, it } from 'vitest'
import { hostToken, maySpeakFor } from './agent-token.ts'

it('lets the fleet speak for every host, and a host for itself only', () => {
  expect(maySpeakFor('h-1', 'Bearer secret', 'secret')).toBe(true)
  expect(maySpeakFor('h-1', `Bearer ${hostToken('secret', 'h-1')}`, 'secret')).toBe(true)
  expect(maySpeakFor('h-2', `Bearer ${hostToken('secret', 'h-1')}`, 'secret')).toBe(false)
  expect(maySpeakFor('h-1', `Bearer ${hostToken('other', 'h-1')}`, 'secret')).toBe(false)
  expect(maySpeakFor('h-1', undefined, 'secret')).toBe(false)
})
