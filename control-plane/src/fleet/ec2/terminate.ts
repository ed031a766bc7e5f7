import { DONE, type Progress } from '../driver.ts'
import type { Tags } from './api.ts'
import { isAlive } from './hosts.ts'
import { forceDetach, forceEnd, type StuckContext } from './stuck.ts'

/**
 * One step towards nothing being left of a host: its instances end, then its volumes are deleted. Every instance and
 * volume counts, so that nothing stays behind whatever happened before.
 */
export async function terminateStep(hostId: string, tags: Tags, context: StuckContext): Promise<Progress> {
  const { api } = context
  const instances = await api.describeInstances(tags)
  for (const instance of instances.filter(isAlive)) await api.terminateInstance(instance.instanceId)
  await forceEnd(hostId, instances, context)
  const ending = instances.find(({ state }) => state !== 'terminated')
  if (ending !== undefined) return waiting(hostId, `instance ${ending.instanceId} is being terminated`)

  const volumes = (await api.describeVolumes(tags)).filter(({ state }) => state !== 'deleted')
  for (const volume of volumes) {
    const { volumeId, state } = volume
    if (state === 'available' || state === 'error') await api.deleteVolume(volumeId)
    else await forceDetach(hostId, volume, instances, context)
  }
  const [left] = volumes
  if (left === undefined) return DONE
  const holder = left.attachment?.instanceId
  const what = holder === undefined ? 'is being deleted' : `is being detached from ${holder}`
  return waiting(hostId, `volume ${left.volumeId} ${what}`)
}

function waiting(hostId: string, what: string): Progress {
  return { done: false, waitingFor: `host ${hostId}: ${what}` }
}
