/** A partition by its topic's id and its index. */
export interface SharedPartition {
  readonly topicId: string
  readonly partition: number
}

export function partitionKey({ topicId, partition }: SharedPartition): string {
  return `${topicId}:${partition}`
}
