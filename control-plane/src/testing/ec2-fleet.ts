import type { Progress } from '../fleet/driver.ts'
import { createEc2Fleet } from '../fleet/ec2/driver.ts'
import type { Ec2Settings } from '../fleet/ec2/settings.ts'
import type { HostFailure, HostSpecification } from '../model/host.ts'
import type { FakeEc2 } from './fake-ec2.ts'

export const SETTINGS: Ec2Settings = {
  region: 'us-east-1',
  accountId: '123456789012',
  service: 'test',
  launchTemplateId: 'lt-1',
  launchTemplateVersion: '$Latest',
  subnets: { 'us-east-1a': 'subnet-1', 'us-east-1b': 'subnet-2', 'us-east-1c': 'subnet-3' },
  controlPlaneUrls: ['http://10.0.0.200:9690', 'http://10.0.1.200:9690'],
  coordinationTable: 'freshet',
  brokerClasses: {
    'kafka.m7g.large': { types: ['m7g.large', 'm6g.large'], markets: ['on-demand'], volumeSizeGB: 100 },
  },
  sharedHosts: { types: ['m7g.xlarge', 'm6g.xlarge'], markets: ['spot', 'on-demand'], volumeSizeGB: 50 },
}

export const HOST: HostSpecification = {
  hostId: 'h-1',
  zone: 'us-east-1a',
  instanceType: 'kafka.m7g.large',
  volumeSizeGB: 200,
}

/** A control plane's fleet; another one over the same EC2 is the same fleet after a restart. */
export function fleetOver(ec2: FakeEc2, settings: Partial<Ec2Settings> = {}) {
  const removed: string[] = []
  const fleet = createEc2Fleet({
    api: ec2,
    settings: { ...SETTINGS, ...settings },
    registrationToken: (hostId, volumeId) => `${volumeId}.token-of-${hostId}`,
    removeMetadata: async (namespace) => void removed.push(namespace),
    now: () => ec2.nowMs,
  })
  /** As the reconciler does: asks again until nothing is left to do, and tells what was waited for. */
  const until = async (ask: () => Promise<Progress>, turns = 100) => {
    const waits: string[] = []
    for (let turn = 0; turn < turns; turn++) {
      const progress = await ask()
      if (progress.done) return waits
      waits.push(progress.waitingFor)
      ec2.advance(2_000)
    }
    throw new Error(`Not done: ${waits.at(-1)}`)
  }
  return {
    ec2,
    fleet,
    removed,
    launch: (host: HostSpecification = HOST) => until(() => fleet.launchHost(host)),
    /** Of a host that is as it was asked for. */
    addressOf: async (host: HostSpecification = HOST) => {
      const progress = await fleet.launchHost(host)
      return progress.done ? progress.address : undefined
    },
    replace: (failure: HostFailure, host: HostSpecification = HOST) =>
      until(() => fleet.replaceHost(host, failure)),
    terminate: (hostId = HOST.hostId) => until(() => fleet.terminateHost(hostId)),
  }
}

/** Of a control plane that has led for so long that EC2 shows all that came before it. */
export function fleetForAWhile(ec2: FakeEc2) {
  const made = fleetOver(ec2)
  ec2.advance(15_000)
  return made
}
