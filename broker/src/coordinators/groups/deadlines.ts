/**
 * Which group is due next: a binary heap of deadlines. Each group has one valid entry at most; an entry that
 * was overtaken by an earlier one stays until it comes up, or until such entries are the majority.
 */
interface Deadline {
  readonly groupId: string
  readonly dueMs: number
}

const SMALL = 64

export class Deadlines {
  private heap: Deadline[] = []
  private readonly dueByGroup = new Map<string, number>()

  /** Entries held, overtaken ones included. */
  get size(): number {
    return this.heap.length
  }

  /** Infinity if nothing is due ever. */
  next(): number {
    this.dropStale()
    return this.heap[0]?.dueMs ?? Infinity
  }

  /** Only ever moves a group's deadline earlier; `take` clears it. */
  set(groupId: string, dueMs: number): void {
    if (dueMs >= (this.dueByGroup.get(groupId) ?? Infinity)) return
    this.dueByGroup.set(groupId, dueMs)
    this.push({ groupId, dueMs })
    if (this.heap.length > 2 * this.dueByGroup.size + SMALL) this.rebuild()
  }

  forget(groupId: string): void {
    this.dueByGroup.delete(groupId)
  }

  /** The next group that is due by now; it has no deadline until it is given one again. */
  take(nowMs: number): string | undefined {
    if (this.next() > nowMs) return undefined
    const due = this.pop()
    if (due) this.dueByGroup.delete(due.groupId)
    return due?.groupId
  }

  private isStale(deadline: Deadline): boolean {
    return this.dueByGroup.get(deadline.groupId) !== deadline.dueMs
  }

  private dropStale(): void {
    for (let top = this.heap[0]; top && this.isStale(top); top = this.heap[0]) this.pop()
  }

  private rebuild(): void {
    const entries = [...this.dueByGroup].sort(([, a], [, b]) => a - b)
    this.heap = entries.map(([groupId, dueMs]) => ({ groupId, dueMs }))
  }

  private push(deadline: Deadline): void {
    const { heap } = this
    let index = heap.push(deadline) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (dueAt(heap, parent) <= deadline.dueMs) break
      swap(heap, index, parent)
      index = parent
    }
  }

  private pop(): Deadline | undefined {
    const { heap } = this
    const top = heap[0]
    const last = heap.pop()
    if (!last || heap.length === 0) return top
    heap[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const child = dueAt(heap, left + 1) < dueAt(heap, left) ? left + 1 : left
      if (dueAt(heap, child) >= last.dueMs) return top
      swap(heap, index, child)
      index = child
    }
  }
}

function dueAt(heap: readonly Deadline[], index: number): number {
  return heap[index]?.dueMs ?? Infinity
}

function swap(heap: Deadline[], a: number, b: number): void {
  const [atA, atB] = [heap[a], heap[b]]
  if (!atA || !atB) return
  heap[a] = atB
  heap[b] = atA
}
