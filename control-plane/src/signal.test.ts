import { expect, it } from 'vitest'
import { Signal } from './signal.ts'

const LONG = 60_000

it('wakes everybody who waits', async () => {
  const signal = new Signal()
  const waiting = [signal.waitAfter(0, LONG), signal.waitAfter(0, LONG)]
  signal.notify()
  await Promise.all(waiting)
  expect(signal.generation).toBe(1)
})

it('does not lose a change between looking and waiting', async () => {
  const signal = new Signal()
  const seen = signal.generation
  signal.notify()
  await signal.waitAfter(seen, LONG)
})

it('gives up after the time, or when aborted', async () => {
  const signal = new Signal()
  await signal.waitAfter(signal.generation, 1)
  const abort = new AbortController()
  const waiting = signal.waitAfter(signal.generation, LONG, abort.signal)
  abort.abort()
  await waiting
  await signal.waitAfter(signal.generation, LONG, abort.signal)
  expect(signal.generation).toBe(0)
})
