import { expect, test } from 'vitest'
import { asJavaDouble } from './quotas.ts'

test.each([
  [0, '0.0'],
  [1000, '1000.0'],
  [0.5, '0.5'],
  [9_999_999, '9999999.0'],
  [10_000_000, '1.0E7'],
  [12_345_678.5, '1.23456785E7'],
  [0.0001, '1.0E-4'],
])('%d is written as %s', (value, text) => {
  expect(asJavaDouble(value)).toBe(text)
})
