/** Why brokers do not serve an API that Kafka's serve to clients. */

const REASONS: Readonly<Record<string, readonly string[]>> = {
  'connections are not authenticated yet': ['SaslHandshake', 'SaslAuthenticate'],
  'delegation tokens need authentication': [
    'CreateDelegationToken',
    'RenewDelegationToken',
    'ExpireDelegationToken',
    'DescribeDelegationToken',
  ],
  'a broker has one log dir': ['AlterReplicaLogDirs'],
  'there is no quorum of controllers': ['AddRaftVoter', 'RemoveRaftVoter'],
}

/** Throws for one that nobody gave a reason for. */
export function reasonForNotServing(api: string): string {
  const found = Object.entries(REASONS).find(([, apis]) => apis.includes(api))
  if (found === undefined) throw new Error(`not-served.ts has no reason for ${api}`)
  return found[0]
}
