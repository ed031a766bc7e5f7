/** The features of a cluster (KIP-584): which levels this broker supports, and which one holds. */
import type { ClusterView } from './image-types.ts'

export interface FeatureRange {
  readonly minVersion: number
  readonly maxVersion: number
}

/** metadata.version 30 is Kafka 4.3: tools read from it what the cluster can do. */
export const SUPPORTED_FEATURES: Readonly<Record<string, FeatureRange>> = {
  'group.version': { minVersion: 0, maxVersion: 1 },
  'metadata.version': { minVersion: 30, maxVersion: 30 },
  'share.version': { minVersion: 0, maxVersion: 1 },
  'streams.version': { minVersion: 0, maxVersion: 1 },
  'transaction.version': { minVersion: 0, maxVersion: 2 },
}

/** A new cluster has every feature at its highest level; 0 is off. */
export function featureLevel({ features }: Pick<ClusterView, 'features'>, name: string): number {
  return features.get(name) ?? SUPPORTED_FEATURES[name]?.maxVersion ?? 0
}

/** Transactions of version 2 (KIP-890): brokers add partitions, and each transaction has an epoch of its own. */
export function transactionVersion(cluster: Pick<ClusterView, 'features'>): number {
  return featureLevel(cluster, 'transaction.version')
}
