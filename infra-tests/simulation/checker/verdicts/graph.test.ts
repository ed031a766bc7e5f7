import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Graph, knots, shortestPath } from './graph.ts'

const edges = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })), {
  maxLength: 25,
})

test('knots are the sets of nodes that reach each other', () => {
  fc.assert(
    fc.property(edges, (pairs) => {
      const graph = graphOf(pairs)
      const reached = new Map([...graph.keys()].map((node) => [node, reachable(graph, node)]))
      const knotOf = (node: number) =>
        [...graph.keys()].filter((other) => reached.get(node)?.has(other) && reached.get(other)?.has(node))
      const expected = new Set<string>()
      for (const node of graph.keys()) {
        const knot = knotOf(node)
        if (knot.length > 1) expected.add(sorted(knot))
      }
      expect(new Set(knots(graph).map(sorted))).toEqual(expected)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('a shortest path leads along edges from one node to the other', () => {
  const graph = graphOf([
    [0, 1],
    [1, 2],
    [2, 3],
    [0, 2],
    [3, 0],
  ])
  const all = new Set(graph.keys())
  expect(shortestPath(graph, 0, 3, all)).toEqual(['0>2', '2>3'])
  expect(shortestPath(graph, 0, 0, all)).toEqual(['0>2', '2>3', '3>0'])
  expect(shortestPath(graph, 0, 3, new Set([0, 1, 3]))).toBeUndefined()
})

test('a path of 100,000 nodes is no matter of the stack', () => {
  const pairs = Array.from({ length: 100_000 }, (_, node): [number, number] => [node, (node + 1) % 100_000])
  expect(knots(graphOf(pairs))[0]).toHaveLength(100_000)
})

function graphOf(pairs: readonly (readonly [number, number])[]): Graph<number, string> {
  const graph: Graph<number, string> = new Map()
  for (const [from, to] of pairs) {
    for (const node of [from, to]) if (!graph.has(node)) graph.set(node, new Map())
    graph.get(from)?.set(to, `${from}>${to}`)
  }
  return graph
}

function reachable(graph: Graph<number, string>, from: number): Set<number> {
  const found = new Set([from])
  for (const node of found) for (const next of graph.get(node)?.keys() ?? []) found.add(next)
  return found
}

function sorted(knot: readonly number[]): string {
  return knot.toSorted((left, right) => left - right).join()
}
