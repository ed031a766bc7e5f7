import type { Documents } from '@freshet/coordination'
import { Collection } from './collection.ts'
import type { ClusterArn } from './identifiers.ts'

/** What belongs to a cluster and is kept beside it: it goes when the cluster goes. */
export class AttachmentStore {
  readonly scramSecrets: Collection<ScramSecrets>
  readonly policies: Collection<ClusterPolicy>
  readonly vpcConnections: Collection<VpcConnection>

  constructor(documents: Documents) {
    this.scramSecrets = new Collection(documents, SCRAM_SECRETS)
    this.policies = new Collection(documents, POLICIES)
    this.vpcConnections = new Collection(documents, VPC_CONNECTIONS)
  }
}

/** Secrets of AWS Secrets Manager whose users may log in with SASL/SCRAM; by the cluster's uuid. */
export interface ScramSecrets {
  readonly secretArns: readonly string[]
}

/** Which other accounts may connect; by the cluster's uuid. */
export interface ClusterPolicy {
  readonly policy: string
  readonly currentVersion: string
}

/** By cluster name and the connection's own uuid. */
export interface VpcConnection {
  readonly uuid: string
  readonly vpcConnectionArn: string
  readonly targetClusterArn: string
  readonly state: 'AVAILABLE' | 'REJECTED'
  readonly authentication: string
  readonly vpcId: string
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
  readonly creationTime: string
  readonly tags: Readonly<Record<string, string>>
}

export function vpcConnectionId(clusterName: string, uuid: string): string {
  return `${clusterName}/${uuid}`
}

/** Keys of all that is attached to this cluster begin so. */
export function attachmentPrefixes({ clusterName, clusterUuid }: ClusterArn): string[] {
  return [
    SCRAM_SECRETS + clusterUuid,
    POLICIES + clusterUuid,
    scalingKey(clusterUuid),
    VPC_CONNECTIONS + vpcConnectionId(clusterName, ''),
  ]
}

/** What was decided about its size. */
export function scalingKey(clusterUuid: string): string {
  return `scaling/${clusterUuid}`
}

const SCRAM_SECRETS = 'scram-secrets/'
const POLICIES = 'cluster-policies/'
const VPC_CONNECTIONS = 'vpc-connections/'
