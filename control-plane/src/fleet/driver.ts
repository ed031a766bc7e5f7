import type { Host, HostFailure, HostSpecification } from '../model/host.ts'

/**
 * Obtains hosts and says where things are on them. `process` has folders of this machine for hosts, `ec2`
 * instances. Every call may be repeated: a host is known by the id that we gave it, and asking twice for the same one
 * gives one host.
 */
export interface FleetDriver {
  /** Zones of subnets, in the same order. Rejects with UnusableSubnet if a broker cannot be placed in one. */
  zonesOf(subnetIds: readonly string[]): Promise<string[]>
  /** The three zones that a serverless cluster is spread over. */
  readonly zones: readonly [string, string, string]

  /** This control plane leads from now on; until now another one may have asked for anything. */
  takeOver(): void

  /** A host that exists already is changed to what is asked for: another type, a larger volume. */
  launchHost(host: HostSpecification): Promise<LaunchProgress>
  /** Of these hosts, those whose volumes cannot be changed yet, with the reason. */
  changingVolumes(hostIds: ReadonlySet<string>): Promise<ReadonlyMap<string, string>>
  /** Of these hosts, all of them launched before, those that look failed at this moment. */
  findFailures(hostIds: ReadonlySet<string>): Promise<ReadonlyMap<string, HostFailure>>
  /** As launchHost, once what has failed is out of the way. What is left of the host's data comes with it. */
  replaceHost(host: HostSpecification, failed: Pick<HostFailure, 'instanceId'>): Promise<LaunchProgress>
  /** The instance that a host is at this moment, if this fleet has such. */
  instanceOf(hostId: string): Promise<string | undefined>
  /** Hosts whose instances were made of something else than new ones would be, with what differs. */
  outdatedHosts(): Promise<ReadonlyMap<string, string>>
  terminateHost(hostId: string): Promise<Progress>
  listHosts(): Promise<Host[]>
  /** The data volume of a host, to which its registration is bound; undefined where agents share a secret instead. */
  volumeOf(hostId: string): Promise<string | undefined>

  /** Whether a broker could listen there now. */
  isPortFree(hostId: string, port: number): Promise<boolean>
  /** Folder of a unit's records. */
  dataFolder(hostId: string, unitId: string): string

  /** Makes room for a cluster's metadata, and removes it with the cluster. */
  prepareCluster(clusterUuid: string): Promise<void>
  coordinationUrl(clusterUuid: string): string
  removeCluster(clusterUuid: string): Promise<void>
}

/** What is left to be done: whoever asked asks again until nothing is. */
export type Progress = { readonly done: true } | Waiting
export type LaunchProgress = Launched | Waiting

export interface Launched {
  readonly done: true
  /** Where clients reach the brokers of the host; another instance has another. */
  readonly address: string
  /** Why its volume cannot be what is asked for until some hours later. */
  readonly volumeTrouble?: string
}

export interface Waiting {
  readonly done: false
  readonly waitingFor: string
  /** What keeps it from getting on: it goes round in circles, or waits for hours. */
  readonly trouble?: string
}

export const DONE: Progress = { done: true }

export class UnusableSubnet extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnusableSubnet'
  }
}
