/** Strongly connected components (Tarjan, without recursion) and shortest cycles. */
export type Graph<Node, Edge> = Map<Node, Map<Node, Edge>>

/** Components of more than one node: every one holds a cycle. */
export function knots<Node, Edge>(graph: Graph<Node, Edge>): Node[][] {
  const search = new Search(graph)
  for (const node of graph.keys()) search.from(node)
  return search.found
}

/** The edges of a shortest path; undefined if there is none. Only nodes of `within` are passed. */
export function shortestPath<Node, Edge>(
  graph: Graph<Node, Edge>,
  from: Node,
  to: Node,
  within: ReadonlySet<Node>,
): Edge[] | undefined {
  const cameBy = new Map<Node, { node: Node; edge: Edge }>()
  const queue = [from]
  for (const node of queue) {
    for (const [next, edge] of graph.get(node) ?? []) {
      if (!within.has(next) || cameBy.has(next)) continue
      cameBy.set(next, { node, edge })
      if (next === to) return walkBack(cameBy, from, to)
      queue.push(next)
    }
  }
  return undefined
}

function walkBack<Node, Edge>(
  cameBy: ReadonlyMap<Node, { node: Node; edge: Edge }>,
  from: Node,
  to: Node,
): Edge[] {
  const edges: Edge[] = []
  let node = to
  do {
    const step = cameBy.get(node)
    if (!step) throw new Error('a path has a hole')
    edges.push(step.edge)
    node = step.node
  } while (node !== from)
  return edges.reverse()
}

interface Visit<Node> {
  readonly node: Node
  readonly index: number
  lowest: number
  open: boolean
  readonly next: Iterator<Node>
}

class Search<Node, Edge> {
  readonly found: Node[][] = []
  readonly #graph: Graph<Node, Edge>
  readonly #visits = new Map<Node, Visit<Node>>()
  readonly #component: Visit<Node>[] = []

  constructor(graph: Graph<Node, Edge>) {
    this.#graph = graph
  }

  from(root: Node): void {
    if (this.#visits.has(root)) return
    const path = [this.#enter(root)]
    while (true) {
      const visit = path.at(-1)
      if (!visit) return
      const { value: next, done } = visit.next.next()
      if (done) {
        path.pop()
        const parent = path.at(-1)
        if (parent) parent.lowest = Math.min(parent.lowest, visit.lowest)
        if (visit.lowest === visit.index) this.#leave(visit)
        continue
      }
      const known = this.#visits.get(next)
      if (!known) path.push(this.#enter(next))
      else if (known.open) visit.lowest = Math.min(visit.lowest, known.index)
    }
  }

  #enter(node: Node): Visit<Node> {
    const index = this.#visits.size
    const next = (this.#graph.get(node) ?? new Map<Node, Edge>()).keys()
    const visit = { node, index, lowest: index, open: true, next }
    this.#visits.set(node, visit)
    this.#component.push(visit)
    return visit
  }

  #leave(root: Visit<Node>): void {
    const members = this.#component.splice(this.#component.lastIndexOf(root))
    for (const member of members) member.open = false
    if (members.length > 1) this.found.push(members.map(({ node }) => node).reverse())
  }
}
