/** Where LocalStack is to come from on this machine. */
import { spawnSync } from 'node:child_process'
import { dynamodbJars } from '../../tools/dynamodb-jars.ts'
import { isInstalled, LOCALSTACK_VERSION, pythonEnvironmentReason } from './python.ts'

export type Source =
  /** One that runs already: FRESHET_LOCALSTACK_ENDPOINT. `npm run localstack` starts one. */
  | { readonly endpoint: string }
  /** Its image, where a registry has it. */
  | { readonly image: string }
  /** Its package from PyPI; offline once it is installed. */
  | { readonly package: string }
  | { readonly missing: string }

const IMAGE = `localstack/localstack:${LOCALSTACK_VERSION}`
const PULL_TIMEOUT_MS = 300_000

export function localStackSource(): Source {
  const endpoint = process.env.FRESHET_LOCALSTACK_ENDPOINT
  if (endpoint !== undefined) return { endpoint }
  if (!isInstalled() && hasImage()) return { image: IMAGE }
  const reason = pythonEnvironmentReason()
  if (reason !== undefined) return { missing: `neither ${IMAGE} can be pulled nor installed: ${reason}` }
  const jars = dynamodbJars()
  return 'missing' in jars ? jars : { package: LOCALSTACK_VERSION }
}

function hasImage(): boolean {
  const pull = ['pull', '--quiet', IMAGE]
  return [['image', 'inspect', IMAGE], pull].some(
    (command) => spawnSync('docker', command, { stdio: 'ignore', timeout: PULL_TIMEOUT_MS }).status === 0,
  )
}
