import { DONE, type Progress } from '../driver.ts'
import type { Ec2Api, Tags } from './api.ts'
import { isAlive } from './hosts.ts'

/**
 * One step towards nothing being left of a host: its instances end, then its volumes are deleted. Every instance and
 * volume counts, so that nothing stays behind whatever happened before.
 */
export async function terminateStep(hostId: string, tags: Tags, api: Ec2Api): Promise<Progress> {
  const instances = await api.describeInstances(tags)
  for (const instance of instances.filter(isAlive)) await api.terminateInstance(instance.instanceId)
  const ending = instances.find(({ state }) => state !== 'terminated')
  if (ending !== undefined) return waiting(hostId, `instance ${ending.instanceId} is being terminated`)

  const volumes = (await api.describeVolumes(tags)).filter(({ state }) => state !== 'deleted')
  for (const { volumeId, state } of volumes) {
    if (state === 'available' || state === 'error') await api.deleteVolume(volumeId)
  }
  const [left] = volumes
  return left === undefined ? DONE : waiting(hostId, `volume ${left.volumeId} is being deleted`)
}

function waiting(hostId: string, what: string): Progress {
  return { done: false, waitingFor: `host ${hostId}: ${what}` }
}
