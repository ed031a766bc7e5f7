import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import type { FetchSecret } from './secrets.ts'

/** AWS Secrets Manager; loaded only where a secret is named. Credentials and endpoint are the SDK's usual ones. */
export function secretsManager(region: string | undefined): FetchSecret {
  return async (secretId) => {
    const client = new SecretsManagerClient(region === undefined ? {} : { region })
    try {
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }))
      if (SecretString === undefined) throw new Error('it is not a text')
      return SecretString
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
      throw new Error(`The secret ${secretId} cannot be read: ${reason}`, { cause: error })
    } finally {
      client.destroy()
    }
  }
}
