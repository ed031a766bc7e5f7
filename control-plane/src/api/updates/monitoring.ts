import * as z from 'zod'
import { enhancedMonitoring, loggingInfo, openMonitoring } from '../clusters/cluster-schemas.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  enhancedMonitoring: enhancedMonitoring.exactOptional(),
  openMonitoring: openMonitoring.exactOptional(),
  loggingInfo: loggingInfo.exactOptional(),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-monitoring.html */
export const updateMonitoring: UpdateApi<typeof body> = {
  method: 'put',
  path: '/monitoring',
  body,
  async plan(cluster, { currentVersion: _version, ...changes }) {
    const { enhancedMonitoring, openMonitoring, loggingInfo } = cluster.provisioned
    const source = {
      enhancedMonitoring,
      openMonitoring,
      ...(loggingInfo === undefined ? {} : { loggingInfo }),
    }
    return {
      type: 'UPDATE_MONITORING',
      update: {
        source,
        target: { ...source, ...changes },
        specification: changedSpecification(cluster, changes, 'enhancedMonitoring'),
      },
    }
  },
}
