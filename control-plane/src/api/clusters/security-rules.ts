import type { ClientAuthentication, EncryptionInfo } from '../../model/specification.ts'
import { badRequest } from '../http/errors.ts'

/**
 * Which kinds of authentication go with which encryption:
 * https://docs.aws.amazon.com/msk/latest/developerguide/msk-update-security.html
 */
export function checkSecurity(settings: {
  readonly clientAuthentication?: ClientAuthentication
  readonly encryptionInfo?: Partial<EncryptionInfo>
}): void {
  const { sasl, tls, unauthenticated } = settings.clientAuthentication ?? {}
  const { clientBroker } = settings.encryptionInfo?.encryptionInTransit ?? { clientBroker: 'TLS' }
  const usesSasl = sasl?.iam?.enabled === true || sasl?.scram?.enabled === true
  const usesTls = tls?.enabled ?? (tls?.certificateAuthorityArnList?.length ?? 0) > 0
  if (clientBroker === 'PLAINTEXT' && (usesSasl || usesTls)) {
    throw badRequest('Authentication of clients needs clientBroker TLS or TLS_PLAINTEXT.', 'clientBroker')
  }
  if (usesTls && (tls?.certificateAuthorityArnList ?? []).length === 0) {
    throw badRequest('Mutual TLS needs at least one certificate authority.', 'certificateAuthorityArnList')
  }
  if (unauthenticated?.enabled === false && !usesSasl && !usesTls) {
    throw badRequest('Enable at least one kind of access.', 'unauthenticated')
  }
}
