import { expect, test } from 'vitest'
import { ErrorCode, errorName, KafkaError } from './errors.ts'

test('codes run from -1 to 136 without a gap', () => {
  const codes = Object.values(ErrorCode).sort((one, other) => one - other)
  expect(codes).toEqual(Array.from({ length: 138 }, (_, index) => index - 1))
})

test('every code has its name, and an unknown one is a server error', () => {
  expect(errorName(0)).toBe('NONE')
  expect(errorName(3)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(errorName(129)).toBe('REBOOTSTRAP_REQUIRED')
  expect(errorName(9999)).toBe('UNKNOWN_SERVER_ERROR')
  expect(new KafkaError(ErrorCode.INVALID_REQUEST)).toMatchObject({ code: 42, message: 'INVALID_REQUEST' })
})
