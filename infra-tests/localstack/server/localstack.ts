/**
 * LocalStack for tests and for trying out a deployment, with our hook that closes its gaps (`hook`). At one address for
 * this machine and for containers: the one that this machine has on Docker's bridge. Where it comes from: source.ts.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startChild, stopChild } from '../../support/child.ts'
import { freePorts } from '../../support/ports.ts'
import { waitFor } from '../../support/wait.ts'
import { docker } from '../docker.ts'
import { startDynamodbLocal } from '../dynamodb-local.ts'
import { pythonEnvironment } from './python.ts'
import { localStackSource } from './source.ts'

export interface LocalStack {
  readonly endpoint: string
  /** What programs of AWS need to use it. */
  readonly environment: Readonly<Record<string, string>>
  /** Of the engine that LocalStack passes DynamoDB's requests on to, as containers reach it; absent where it is its own. */
  readonly dynamodbEndpoint?: string
  /** The end of what it wrote; empty for one that others started. */
  log(): Promise<string>
  stop(): Promise<void>
}

type Running = Omit<LocalStack, 'environment'>

const hook = join(import.meta.dirname, 'hook')
const START_TIMEOUT_MS = 120_000

export async function startLocalStack(options: { readonly port?: number } = {}): Promise<LocalStack> {
  const running = await start(options.port ?? (await freePorts(1))[0]!)
  try {
    await waitFor('LocalStack', START_TIMEOUT_MS, () => isReady(running.endpoint), 100)
  } catch (error) {
    const log = await running.log()
    await running.stop()
    throw new Error(`LocalStack does not serve at ${running.endpoint}:\n${log}`, { cause: error })
  }
  return { ...running, environment: environmentOf(running.endpoint) }
}

export function environmentOf(endpoint: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
}

async function start(port: number): Promise<Running> {
  const source = localStackSource()
  if ('missing' in source) throw new Error(source.missing)
  if ('endpoint' in source) return { ...source, log: async () => '', stop: async () => undefined }
  const host = await bridgeAddress()
  return 'image' in source ? startContainer(source.image, host, port) : startProcess(host, port)
}

/** This machine's address for containers. */
export async function bridgeAddress(): Promise<string> {
  return docker('network', 'inspect', 'bridge', '--format', '{{(index .IPAM.Config 0).Gateway}}')
}

async function startContainer(image: string, host: string, port: number): Promise<Running> {
  const settings = Object.entries({ ...settingsOf(host, port), PYTHONPATH: '/opt/freshet-hook' })
  const container = await docker(
    ...['run', '--detach', '--rm', '--publish', `${host}:${port}:4566`],
    ...['--volume', `${hook}:/opt/freshet-hook:ro`],
    ...['--volume', `${hook}/start.py:/etc/localstack/init/start.d/start.py:ro`],
    ...settings.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    image,
  )
  return {
    endpoint: `http://${host}:${port}`,
    log: () => docker('logs', '--tail', '40', container),
    stop: async () => void (await docker('stop', container)),
  }
}

async function startProcess(host: string, port: number): Promise<Running> {
  const environment = pythonEnvironment()
  if ('missing' in environment) throw new Error(environment.missing)
  const dynamodb = await startDynamodbLocal()
  const root = mkdtempSync(join(tmpdir(), 'freshet-localstack-'))
  const scripts = join(root, 'etc/localstack/init/start.d')
  mkdirSync(scripts, { recursive: true })
  cpSync(join(hook, 'start.py'), join(scripts, 'start.py'))
  const child = startChild(
    environment.python,
    ['-m', 'localstack.runtime.main'],
    join(root, 'localstack.log'),
    {
      env: {
        ...settingsOf(host, port),
        PYTHONPATH: hook,
        PYTHONDONTWRITEBYTECODE: '1',
        FILESYSTEM_ROOT: root,
        OVERRIDE_IN_DOCKER: '0',
        GATEWAY_LISTEN: `127.0.0.1:${port},${host}:${port}`,
        // The other server binds every address.
        GATEWAY_SERVER: 'hypercorn',
        FRESHET_DYNAMODB_URL: dynamodb.endpoint,
      },
    },
  )
  return {
    endpoint: `http://${host}:${port}`,
    dynamodbEndpoint: `http://${host}:${new URL(dynamodb.endpoint).port}`,
    log: async () => child.log(),
    async stop() {
      await stopChild(child)
      await dynamodb.stop()
      rmSync(root, { recursive: true, force: true })
    },
  }
}

/** Nothing is asked of the internet, and what CloudFormation cannot make is an error. */
function settingsOf(host: string, port: number): Record<string, string> {
  return {
    LOCALSTACK_HOST: `${host}:${port}`,
    SQS_ENDPOINT_STRATEGY: 'path',
    CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '0',
    DISABLE_EVENTS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DNS_ADDRESS: '0',
    API_ENDPOINT: 'http://127.0.0.1:1/v1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

/** Ready, and our hook is part of it. */
async function isReady(endpoint: string): Promise<boolean> {
  const answer = await fetch(`${endpoint}/_localstack/init`, { signal: AbortSignal.timeout(2_000) })
  const { completed, scripts } = (await answer.json()) as InitStatus
  if (!completed.READY) return false
  const hooked = scripts.find(({ stage, name }) => stage === 'START' && name === 'start.py')
  if (hooked?.state !== 'SUCCESSFUL') throw new Error(`its hook is ${hooked?.state ?? 'not installed'}`)
  return true
}

interface InitStatus {
  readonly completed: { readonly READY: boolean }
  readonly scripts: readonly { readonly stage: string; readonly name: string; readonly state: string }[]
}
