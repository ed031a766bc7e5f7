import * as z from 'zod'
import type { ProvisionedSpecification } from '../../model/specification.ts'
import { configurationInfo } from '../clusters/cluster-schemas.ts'
import { attachedConfiguration } from '../configurations/configurations.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({ currentVersion, configurationInfo })

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-configuration.html */
export const updateClusterConfiguration: UpdateApi<typeof body> = {
  method: 'put',
  path: '/configuration',
  body,
  async plan(cluster, { configurationInfo }, context) {
    const configuration = await attachedConfiguration(configurationInfo, context)
    return {
      type: 'UPDATE_CLUSTER_CONFIGURATION',
      update: {
        source: configurationInfoOf(cluster.provisioned),
        target: { configurationInfo },
        specification: changedSpecification(cluster, { configuration }, 'configurationInfo'),
      },
    }
  },
}

export function configurationInfoOf({ configuration }: ProvisionedSpecification) {
  if (!configuration) return {}
  const { arn, revision } = configuration
  return { configurationInfo: { arn, revision } }
}
