import { KafkaError } from '../../wire/index.ts'
import type { LeaderState } from './leader-state.ts'

interface LedPartition {
  readonly name: string
  readonly leader: LeaderState | undefined
  /** `min.insync.replicas` */
  readonly minInSyncReplicas: number
}

/** The error of a write with acks=all that fewer replicas keep than were asked for; undefined if enough do. */
export function isrShortfall(
  { name, leader, minInSyncReplicas }: LedPartition,
  errorCode: number,
): KafkaError | undefined {
  if (leader === undefined || !leader.isUnderMinIsr(minInSyncReplicas)) return undefined
  const wanted = Math.min(minInSyncReplicas, leader.replicaCount)
  const message = `The size of the current ISR [${leader.isr.join(', ')}] is insufficient to satisfy the min.isr requirement of ${wanted} for partition ${name}`
  return new KafkaError(errorCode, message)
}
