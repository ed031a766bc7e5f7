import { assert } from '../../assert.ts'
import type { Host, HostSpecification } from '../../model/host.ts'
import { type FleetDriver, type LaunchProgress, UnusableSubnet, type Waiting } from '../driver.ts'
import type { Ec2Api, Instance, Tags } from './api.ts'
import { changingVolumes } from './changing-volumes.ts'
import { codeOf, isForLater, refusal } from './errors.ts'
import { findFailures } from './failures.ts'
import { isAlive, observeHost, TAG } from './hosts.ts'
import { launchStep } from './launch.ts'
import { RecentlyMade } from './recently-made.ts'
import { Setbacks } from './setbacks.ts'
import { buildOf, type Ec2Settings } from './settings.ts'
import { Overdue } from './stuck.ts'
import { terminateStep } from './terminate.ts'
import { MOUNT_POINT } from './user-data.ts'

export interface Ec2FleetOptions {
  readonly api: Ec2Api
  readonly settings: Ec2Settings
  readonly registrationToken: (hostId: string, volumeId: string) => string
  /** Deletes all that a cluster's brokers have agreed upon. */
  readonly removeMetadata: (namespace: string) => Promise<void>
  readonly now: () => number
}

/** Instances as hosts. What exists is what carries our tags, in whatever state. */
export function createEc2Fleet({
  api,
  settings,
  registrationToken,
  removeMetadata,
  now,
}: Ec2FleetOptions): FleetDriver {
  const recentlyMade = new RecentlyMade(now)
  const setbacks = new Setbacks(now)
  const overdue = new Overdue(now)
  const [first, second, third] = Object.keys(settings.subnets)
  assert(first !== undefined && second !== undefined && third !== undefined, 'a fleet has three zones')
  const service: Tags = { [TAG.service]: settings.service, [TAG.state]: settings.coordinationTable }
  const tagsOf = (hostId: string): Tags => ({ ...service, [TAG.host]: hostId })

  const placedTagsOf = (host: Host): Tags => ({ ...tagsOf(host.hostId), [TAG.zone]: host.zone })
  const context = { api, settings, registrationToken, recentlyMade, setbacks, overdue, now }
  const forget = (hostId: string) => {
    setbacks.forget(hostId)
    overdue.forget(hostId)
  }

  const make = async (host: HostSpecification, failedInstanceId?: string): Promise<LaunchProgress> => {
    const { hostId } = host
    const progress = await recentlyMade.note(hostId, () =>
      unlessLater(hostId, () => launchStep(host, placedTagsOf(host), context, failedInstanceId)),
    )
    if (progress.done) forget(hostId)
    const setback = setbacks.latestOf(hostId)
    if (progress.done || setback === undefined) return progress
    return { done: false, waitingFor: `${progress.waitingFor} (${setback})`, trouble: setback }
  }

  const listHosts = async (): Promise<Host[]> => {
    const alive = (await api.describeInstances(service)).filter(isAlive)
    return alive.map(({ tags }) => ({ hostId: tags[TAG.host]!, zone: tags[TAG.zone]! }))
  }

  return {
    zones: [first, second, third],
    zonesOf: (subnetIds) => zonesOf(subnetIds, api, settings),

    takeOver: () => recentlyMade.takeOver(),
    launchHost: (host) => make(host),
    changingVolumes: (hostIds) => changingVolumes(hostIds, service, api),
    findFailures: (hostIds) => findFailures(hostIds, service, api),
    instanceOf: async (hostId) => (await observeHost(api, tagsOf(hostId))).instance?.instanceId,
    outdatedHosts: async () => outdated(await api.describeInstances(service), buildOf(settings)),
    replaceHost: (host, { instanceId }) => make(host, instanceId),

    async terminateHost(hostId) {
      const progress = await unlessLater(hostId, () => terminateStep(hostId, tagsOf(hostId), context))
      if (progress.done) forget(hostId)
      if (!progress.done || recentlyMade.isSettled(hostId)) return progress
      return { done: false, waitingFor: `host ${hostId}: EC2 may not show yet what was just made` }
    },

    listHosts,
    volumeOf: async (hostId) => (await observeHost(api, tagsOf(hostId))).volume?.volumeId,
    // Nothing but our own units runs there, and no two units are given the same port.
    isPortFree: async () => true,
    dataFolder: (_hostId, unitId) => `${MOUNT_POINT}/host/units/${unitId}/data`,

    // A namespace in a table begins with the first write to it.
    prepareCluster: async () => undefined,
    coordinationUrl: (clusterUuid) => `dynamodb://${settings.coordinationTable}/${namespaceOf(clusterUuid)}`,
    removeCluster: (clusterUuid) => removeMetadata(namespaceOf(clusterUuid)),
  }
}

/** Hosts that run as they should, but were made of something else than new ones would be. */
function outdated(instances: readonly Instance[], build: string): ReadonlyMap<string, string> {
  return new Map(
    instances
      .filter(({ state, tags }) => state === 'running' && tags[TAG.build] !== build)
      .map(({ instanceId, tags }) => [
        tags[TAG.host]!,
        `Its instance ${instanceId} was made of build ${tags[TAG.build] ?? '(unknown)'}, new ones are of ${build}`,
      ]),
  )
}

function namespaceOf(clusterUuid: string): string {
  return `clusters/${clusterUuid}`
}

/** Throttled, over a quota, or in the middle of a change: no failure, but nothing to be done at this moment. */
async function unlessLater<T>(hostId: string, step: () => Promise<T>): Promise<T | Waiting> {
  try {
    return await step()
  } catch (error) {
    if (isForLater(error)) return { done: false, waitingFor: `host ${hostId}: ${refusal(error)}` }
    throw error
  }
}

/** Brokers are in the fleet's own subnets, in the zones of the client's. */
async function zonesOf(
  subnetIds: readonly string[],
  api: Ec2Api,
  { subnets }: Ec2Settings,
): Promise<string[]> {
  const known = await api.describeSubnets(subnetIds).catch((error: unknown) => {
    const isRefused = codeOf(error)?.startsWith('InvalidSubnetID') ?? false
    throw isRefused ? new UnusableSubnet(refusal(error)) : error
  })
  return subnetIds.map((subnetId) => {
    const zone = known.get(subnetId)
    if (zone === undefined) throw new UnusableSubnet(`The subnet ${subnetId} does not exist.`)
    if (!(zone in subnets))
      throw new UnusableSubnet(`There are no brokers in ${zone}, the zone of ${subnetId}.`)
    return zone
  })
}
