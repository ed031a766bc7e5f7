import * as z from 'zod'
import type { EncryptionInfo } from '../../model/specification.ts'
import { clientAuthentication, encryptionInfo } from '../clusters/cluster-schemas.ts'
import { checkSecurity } from '../clusters/security-rules.ts'
import { badRequest } from '../http/errors.ts'
import { changedSpecification, currentVersion, type UpdateApi } from './update.ts'

const body = z.object({
  currentVersion,
  clientAuthentication: clientAuthentication.exactOptional(),
  encryptionInfo: encryptionInfo.exactOptional(),
})

/** https://docs.aws.amazon.com/msk/1.0/apireference/clusters-clusterarn-security.html */
export const updateSecurity: UpdateApi<typeof body> = {
  method: 'patch',
  path: '/security',
  body,
  async plan(cluster, request) {
    const { provisioned } = cluster
    const encryption = request.encryptionInfo && updatedEncryption(provisioned.encryptionInfo, request)
    const changes = {
      ...(request.clientAuthentication ? { clientAuthentication: request.clientAuthentication } : {}),
      ...(encryption ? { encryptionInfo: encryption } : {}),
    }
    const specification = changedSpecification(cluster, changes, 'clientAuthentication')
    checkSecurity(specification)
    const { clientAuthentication, encryptionInfo } = provisioned
    return {
      type: 'UPDATE_SECURITY',
      update: {
        source: { encryptionInfo, ...(clientAuthentication ? { clientAuthentication } : {}) },
        target: changes,
        specification,
      },
    }
  },
}

/** The key of the volumes and the encryption between brokers are settled when a cluster is created. */
function updatedEncryption(
  current: EncryptionInfo,
  { encryptionInfo }: z.output<typeof body>,
): EncryptionInfo {
  const { encryptionAtRest, encryptionInTransit } = encryptionInfo ?? {}
  if (
    encryptionAtRest &&
    encryptionAtRest.dataVolumeKMSKeyId !== current.encryptionAtRest?.dataVolumeKMSKeyId
  ) {
    throw badRequest('Encryption at rest cannot be updated.', 'encryptionAtRest')
  }
  if (!encryptionInTransit) return current
  if (encryptionInTransit.inCluster !== current.encryptionInTransit.inCluster) {
    throw badRequest('The encryption between brokers cannot be updated.', 'inCluster')
  }
  return { ...current, encryptionInTransit }
}
