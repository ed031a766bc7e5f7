/** How many members support each embedded protocol: one that all support can be elected. */
export class ProtocolCounts {
  private readonly counts = new Map<string, number>()

  of(name: string): number {
    return this.counts.get(name) ?? 0
  }

  count(protocols: readonly { readonly name: string }[], change: 1 | -1): void {
    for (const { name } of protocols) {
      const count = this.of(name) + change
      if (count === 0) this.counts.delete(name)
      else this.counts.set(name, count)
    }
  }
}
