/** How a cycle of transactions is found and told; the verdicts differ in which dependencies they follow. */
import type { Report } from '../verdict.ts'
import type { Dependencies, Dependency } from './dependencies.ts'
import { knots, shortestPath } from './graph.ts'

/** One shortest cycle per knot; with `through`, one that takes such a dependency among others. */
export function reportCycles(
  graph: Dependencies,
  report: Report,
  through: Dependency['kind'] | undefined = undefined,
): void {
  for (const knot of knots(graph)) {
    const within = new Set(knot)
    const cycle = findCycle(graph, within, through)
    const [first] = cycle ?? []
    if (!cycle || !first) continue
    if (through !== undefined && cycle.every(({ kind }) => kind === through)) continue
    report(first.from.name, cycle.flatMap(evidenceOf), () => `${cycle.map(describe).join('; ')}: a cycle.`)
  }
}

function findCycle(
  graph: Dependencies,
  within: ReadonlySet<Dependency['from']>,
  through: Dependency['kind'] | undefined,
): Dependency[] | undefined {
  for (const node of within) {
    for (const edge of graph.get(node)?.values() ?? []) {
      if (!within.has(edge.to) || (through !== undefined && edge.kind !== through)) continue
      const back = shortestPath(graph, edge.to, node, within)
      if (back) return [edge, ...back]
    }
  }
  return undefined
}

function evidenceOf({ from, entry, at }: Dependency): number[] {
  return [from.beganAt, entry.write?.invokedAt ?? -1, at]
}

function describe({ kind, from, to, entry, at }: Dependency): string {
  const place = `${entry.partition.name}@${entry.offset}`
  if (kind === 'wr') return `${to.name} read "${entry.value}" (${place}, #${at}), which ${from.name} wrote`
  return `${to.name} wrote "${entry.value}" (${place}) after ${from.name}`
}
