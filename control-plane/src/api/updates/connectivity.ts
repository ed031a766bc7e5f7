import * as z from 'zod'
import type { ClientAuthentication, ConnectivityInfo } from '../../model/specification.ts'
import { enabled } from '../clusters/cluster-schemas.ts'
import { badRequest } from '../http/errors.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  connectivityInfo: z
    .object({
      publicAccess: z
        .object({ type: z.enum(['DISABLED', 'SERVICE_PROVIDED_EIPS']).exactOptional() })
        .exactOptional(),
      networkType: z.enum(['IPV4', 'DUAL']).exactOptional(),
      vpcConnectivity: z
        .object({
          clientAuthentication: z
            .object({
              sasl: z
                .object({ scram: enabled.exactOptional(), iam: enabled.exactOptional() })
                .exactOptional(),
              tls: enabled.exactOptional(),
            })
            .exactOptional(),
        })
        .exactOptional(),
    })
    .exactOptional(),
  zookeeperAccess: enabled.exactOptional(),
})

/**
 * https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-connectivity.html. Elastic addresses, IPv6 and
 * ZooKeeper belong to AWS's own network: asked for, they are refused rather than pretended.
 */
export const updateConnectivity: UpdateApi<typeof body> = {
  method: 'put',
  path: '/connectivity',
  body,
  async plan(cluster, { connectivityInfo, zookeeperAccess }) {
    if (zookeeperAccess) throw badRequest('This cluster has no ZooKeeper: it uses KRaft.', 'zookeeperAccess')
    if (connectivityInfo?.publicAccess?.type === 'SERVICE_PROVIDED_EIPS') {
      throw badRequest('Public access is not available in this network.', 'publicAccess')
    }
    if (connectivityInfo?.networkType === 'DUAL') {
      throw badRequest('Network type DUAL is not available in this network.', 'networkType')
    }
    const group = cluster.provisioned.brokerNodeGroupInfo
    const wanted = merged(group.connectivityInfo, connectivityInfo)
    checkVpcConnectivity(wanted, cluster.provisioned.clientAuthentication)
    const changes = { brokerNodeGroupInfo: { ...group, connectivityInfo: wanted } }
    return {
      type: 'UPDATE_CONNECTIVITY',
      update: {
        source: { connectivityInfo: group.connectivityInfo },
        target: { connectivityInfo: wanted },
        specification: changedSpecification(cluster, changes, 'connectivityInfo'),
      },
    }
  },
}

function merged(
  current: ConnectivityInfo,
  requested: z.output<typeof body>['connectivityInfo'],
): ConnectivityInfo {
  const before = current.vpcConnectivity.clientAuthentication
  const { sasl, tls } = requested?.vpcConnectivity?.clientAuthentication ?? {}
  const after = (was: { enabled: boolean }, is?: { enabled?: boolean }) => ({
    enabled: is?.enabled ?? was.enabled,
  })
  return {
    ...current,
    vpcConnectivity: {
      clientAuthentication: {
        sasl: { scram: after(before.sasl.scram, sasl?.scram), iam: after(before.sasl.iam, sasl?.iam) },
        tls: after(before.tls, tls),
      },
    },
  }
}

/** A kind of authentication is offered to other VPCs only where the cluster itself has it. */
function checkVpcConnectivity(
  { vpcConnectivity }: ConnectivityInfo,
  authentication: ClientAuthentication = {},
): void {
  const { sasl, tls } = vpcConnectivity.clientAuthentication
  const missing = [
    ['scram', sasl.scram.enabled && !authentication.sasl?.scram?.enabled],
    ['iam', sasl.iam.enabled && !authentication.sasl?.iam?.enabled],
    ['tls', tls.enabled && !authentication.tls?.enabled],
  ].find(([, isMissing]) => isMissing)
  if (missing) {
    throw badRequest(
      `VPC connectivity with ${missing[0]} needs the cluster to have it enabled.`,
      'vpcConnectivity',
    )
  }
}
