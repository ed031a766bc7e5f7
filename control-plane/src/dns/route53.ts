import {
  type Change,
  ChangeResourceRecordSetsCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
  type Route53ClientConfig,
} from '@aws-sdk/client-route-53'
import { limitedCalls } from '../aws-calls.ts'
import type { Zone } from './service-record.ts'

/** Whoever asks for the name learns as soon as that of a control plane that is gone. */
const TTL_SECONDS = 15

/** A hosted zone of Route 53. */
export function openZone(HostedZoneId: string, config: Route53ClientConfig): Zone {
  const client = new Route53Client({ ...limitedCalls(), ...config })
  const change = async (
    Action: Change['Action'],
    Name: string,
    addresses: readonly string[],
    TTL: number,
  ) => {
    const ResourceRecordSet = {
      Name,
      Type: 'A' as const,
      TTL,
      ResourceRecords: addresses.map((Value) => ({ Value })),
    }
    const ChangeBatch = { Changes: [{ Action, ResourceRecordSet }] }
    await client.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }))
  }
  const find = async (name: string) => {
    const { ResourceRecordSets = [] } = await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId,
        StartRecordName: name,
        StartRecordType: 'A',
        MaxItems: 1,
      }),
    )
    return ResourceRecordSets.find(({ Name, Type }) => Type === 'A' && Name?.replace(/\.$/, '') === name)
  }
  return {
    async read(name) {
      const found = await find(name)
      return found && (found.ResourceRecords ?? []).flatMap(({ Value }) => Value ?? [])
    },
    write: (name, addresses) => change('UPSERT', name, addresses, TTL_SECONDS),
    // A record is deleted by all that it is.
    remove: (name, addresses) => change('DELETE', name, addresses, TTL_SECONDS),
  }
}
