import * as z from 'zod'
import { provisionedThroughput, storageMode, volumeSizeGB } from '../clusters/cluster-schemas.ts'
import { badRequest } from '../http/errors.ts'
import { checkChangeable, storageSpecification, volumesOf } from './broker-storage.ts'
import { currentVersion, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  storageMode: storageMode.exactOptional(),
  volumeSizeGB: volumeSizeGB.exactOptional(),
  provisionedThroughput: provisionedThroughput.exactOptional(),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-storage.html */
export const updateStorage: UpdateApi<typeof body> = {
  method: 'put',
  path: '/storage',
  body,
  async plan(cluster, { currentVersion: _version, storageMode, ...volume }, { fleet }) {
    const { storageMode: current } = cluster.provisioned
    if (current === 'TIERED' && storageMode === 'LOCAL') {
      throw badRequest('Tiered storage cannot be switched off again for a cluster.', 'storageMode')
    }
    const changes = storageMode === undefined ? {} : { storageMode }
    const specification = storageSpecification(cluster, volume, 'storageMode', changes)
    if (Object.keys(volume).length > 0) await checkChangeable(cluster.brokers, fleet, 'clusterArn')
    return {
      type: 'UPDATE_STORAGE',
      update: {
        source: { ...volumesOf(cluster), storageMode: current },
        target: { ...volumesOf({ provisioned: specification }), storageMode: specification.storageMode },
        specification,
      },
    }
  },
}
