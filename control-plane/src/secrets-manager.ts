import {
  GetSecretValueCommand,
  SecretsManagerClient,
  type SecretsManagerClientConfig,
} from '@aws-sdk/client-secrets-manager'
import { limitedCalls } from './aws-calls.ts'
import type { FetchSecret } from './secrets.ts'

/** AWS Secrets Manager; loaded only where a secret is named. Credentials and endpoint are the SDK's usual ones. */
export function secretsManager(
  config: SecretsManagerClientConfig,
  patienceMs = CREDENTIALS_PATIENCE_MS,
): FetchSecret {
  return async (secretId) => {
    const deadlineMs = performance.now() + patienceMs
    for (;;) {
      try {
        return await fetchOnce(secretId, config)
      } catch (error) {
        const { name, message } = error instanceof Error ? error : { name: 'Error', message: String(error) }
        const isEarly = name === 'CredentialsProviderError' && performance.now() < deadlineMs
        if (!isEarly)
          throw new Error(`The secret ${secretId} cannot be read: ${name}: ${message}`, { cause: error })
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
}

/** An instance may run for a while before its profile is there. */
const CREDENTIALS_PATIENCE_MS = 60_000
const RETRY_MS = 500

async function fetchOnce(secretId: string, config: SecretsManagerClientConfig): Promise<string> {
  const client = new SecretsManagerClient({ ...limitedCalls(), ...config })
  try {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
    if (SecretString === undefined) throw new Error('it is not a text')
    return SecretString
  } finally {
    client.destroy()
  }
}
