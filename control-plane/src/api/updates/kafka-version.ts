import * as z from 'zod'
import { compatibleTargets } from '../../model/kafka-versions.ts'
import { configurationInfo, kafkaVersion } from '../clusters/cluster-schemas.ts'
import { attachedConfiguration } from '../configurations/configurations.ts'
import { badRequest } from '../http/errors.ts'
import { configurationInfoOf } from './configuration.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  targetKafkaVersion: kafkaVersion,
  configurationInfo: configurationInfo.exactOptional(),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-version.html */
export const updateClusterKafkaVersion: UpdateApi<typeof body> = {
  method: 'put',
  path: '/version',
  body,
  async plan(cluster, { targetKafkaVersion, configurationInfo }, context) {
    const { kafkaVersion: current } = cluster.provisioned
    if (!compatibleTargets(current).includes(targetKafkaVersion)) {
      throw badRequest(
        `A cluster cannot be updated from Kafka version ${current} to ${targetKafkaVersion}.`,
        'targetKafkaVersion',
      )
    }
    const configuration = configurationInfo && (await attachedConfiguration(configurationInfo, context))
    const changes = {
      kafkaVersion: targetKafkaVersion,
      ...(configuration === undefined ? {} : { configuration }),
    }
    return {
      type: 'UPDATE_CLUSTER_KAFKA_VERSION',
      update: {
        source: { kafkaVersion: current, ...configurationInfoOf(cluster.provisioned) },
        target: {
          kafkaVersion: targetKafkaVersion,
          ...(configurationInfo === undefined ? {} : { configurationInfo }),
        },
        specification: changedSpecification(cluster, changes, 'targetKafkaVersion'),
        restart: cluster.brokers.map(({ brokerId }) => brokerId),
      },
    }
  },
}
