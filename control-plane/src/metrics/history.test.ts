import { expect, it } from 'vitest'
import { MetricHistory } from './history.ts'
import type { MetricPoint } from './msk/points.ts'

const LIMITS = { seriesMax: 3, seriesPerClusterMax: 2, pointsMax: 4, keepMs: 10 }

function point(name: string, value = 1): MetricPoint {
  return { name, dimensions: { 'Cluster Name': 'c' }, unit: 'Count', value }
}

it('has the newest points, the oldest first', () => {
  const history = new MetricHistory(LIMITS)
  for (let at = 1; at <= 6; at++) history.add('a', at, [point('x', at * 10)])
  expect(history.read('a', 'x')).toEqual([
    {
      name: 'x',
      dimensions: { 'Cluster Name': 'c' },
      unit: 'Count',
      points: [3, 4, 5, 6].map((atMs) => ({ atMs, value: atMs * 10 })),
    },
  ])
  expect([history.read('a', 'y'), history.read('b')]).toEqual([[], []])
})

it('is bounded, counts what found no room, and makes room of what is old', () => {
  const history = new MetricHistory(LIMITS)
  history.add('a', 1, [point('x'), point('y'), point('z')])
  history.add('b', 1, [point('x'), point('y')])
  expect(history.dropped).toBe(2)
  history.add('a', 12, [point('z')])
  expect(history.read('a').map(({ name }) => name)).toEqual(['z'])
  history.keep(new Set(['b']))
  expect(history.read('a')).toEqual([])
  history.add('c', 12, [point('x'), point('y')])
  expect(history.read('c')).toHaveLength(2)
})
