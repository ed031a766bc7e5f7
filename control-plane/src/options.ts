import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

export interface Options {
  /** Hosts of the process fleet, and what no other option names a place for. */
  readonly dataFolder: string | undefined
  /** The store of clusters, operations and configurations: a URL of the coordination store. */
  readonly stateUrl: string
  readonly secrets: SecretSource
  readonly port: number
  readonly quickstart: boolean
  readonly issueAccessKey: boolean
  /** Where it listens. */
  readonly listen: string
  /** CloudWatch's namespace that metrics are sent to; absent: they are not sent. */
  readonly cloudWatchNamespace?: string
  readonly metricsPeriodMs: number
  readonly fleet:
    | { readonly kind: 'process'; readonly dataFolder: string }
    | { readonly kind: 'ec2'; readonly settingsFile: string }
}

export type SecretSource = (
  | { readonly kind: 'files'; readonly dataFolder: string; readonly agentTokenFile: string }
  | { readonly kind: 'secrets-manager'; readonly secretId: string }
) & { readonly adminKeyId?: string }

export const USAGE = `usage: control-plane [--data DIR] [--state URL] [--secret ID] [--admin-key ID] [--listen ADDRESS] [--port N]
                     [--fleet process | --fleet ec2 --fleet-settings FILE] [--quickstart] [--issue-access-key]
                     [--cloudwatch NAMESPACE] [--metrics-period SECONDS]

  --data DIR             folder of state, secrets and hosts that no other option names a place for
  --state URL            sqlite:///absolute/path.db, or dynamodb://table/namespace for several control planes at once
  --secret ID            secret in AWS Secrets Manager from which all keys are derived; otherwise files in --data
  --admin-key ID         secret in AWS Secrets Manager with an access key: {"accessKeyId", "secretAccessKey"}
  --listen ADDRESS       127.0.0.1 by default
  --port N               9690 by default
  --fleet KIND           where hosts come from: process (folders of --data) or ec2
  --cloudwatch NAMESPACE send metrics to CloudWatch, as Freshet/Kafka for one
  --metrics-period N     how often brokers are measured, in seconds: 60 by default
  --quickstart           create the cluster quickstart
  --issue-access-key     print a new access key and end

Environment: FRESHET_AGENT_TOKEN_FILE names the file with the secret that agents know; agent-token in --data by default.
`

/** Throws an error with a one-line message for a person. */
export function parseOptions(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      state: { type: 'string' },
      secret: { type: 'string' },
      'admin-key': { type: 'string' },
      port: { type: 'string', default: '9690' },
      quickstart: { type: 'boolean', default: false },
      'issue-access-key': { type: 'boolean', default: false },
      listen: { type: 'string', default: '127.0.0.1' },
      fleet: { type: 'string', default: 'process' },
      'fleet-settings': { type: 'string' },
      cloudwatch: { type: 'string' },
      'metrics-period': { type: 'string', default: '60' },
    },
  })
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port ${values.port} is not a port number`)
  if (!isIP(values.listen)) throw new Error(`--listen ${values.listen} is not an IP address`)
  const dataFolder = values.data === undefined ? undefined : resolve(values.data)
  const inDataFolder = (option: string) => {
    if (dataFolder === undefined)
      throw new Error(`--data or ${option} is missing; see control-plane/README.md`)
    return dataFolder
  }
  const fleet = parseFleet(values.fleet, values['fleet-settings'], () => inDataFolder('--fleet ec2'))
  if (fleet.kind === 'ec2' && values.quickstart) throw new Error('--quickstart is for --fleet process')
  const adminKeyId = values['admin-key']
  return {
    dataFolder,
    stateUrl: values.state ?? sqliteUrl(inDataFolder('--state')),
    secrets: {
      ...(values.secret === undefined
        ? filesIn(inDataFolder('--secret'), environment)
        : { kind: 'secrets-manager', secretId: values.secret }),
      ...(adminKeyId === undefined ? {} : { adminKeyId }),
    },
    listen: values.listen,
    port,
    fleet,
    ...parseMetrics(values.cloudwatch, values['metrics-period']),
    quickstart: values.quickstart,
    issueAccessKey: values['issue-access-key'],
  }
}

/** CloudWatch refuses what is put into a namespace of AWS's own. */
function parseMetrics(namespace: string | undefined, periodSeconds: string) {
  const seconds = /^\d{1,4}$/.test(periodSeconds) ? Number(periodSeconds) : 0
  if (seconds < 1) throw new Error(`--metrics-period ${periodSeconds} is not a number of seconds`)
  const metricsPeriodMs = seconds * 1000
  if (namespace === undefined) return { metricsPeriodMs }
  if (!/^[\w.\-/#:]{1,255}$/.test(namespace) || namespace.startsWith('AWS/')) {
    throw new Error(`--cloudwatch ${namespace} is not a namespace for custom metrics, such as Freshet/Kafka`)
  }
  return { metricsPeriodMs, cloudWatchNamespace: namespace }
}

function parseFleet(
  kind: string,
  settingsFile: string | undefined,
  dataFolder: () => string,
): Options['fleet'] {
  if (kind === 'ec2') {
    if (settingsFile === undefined) throw new Error('--fleet ec2 needs --fleet-settings FILE')
    return { kind, settingsFile }
  }
  if (kind !== 'process') throw new Error(`--fleet ${kind} is neither process nor ec2`)
  if (settingsFile !== undefined) throw new Error('--fleet-settings is for --fleet ec2')
  return { kind, dataFolder: dataFolder() }
}

function sqliteUrl(dataFolder: string): string {
  return `sqlite://${encodeURI(`${dataFolder}/control.db`)}`
}

function filesIn(dataFolder: string, environment: Record<string, string | undefined>) {
  const agentTokenFile = environment.FRESHET_AGENT_TOKEN_FILE ?? `${dataFolder}/agent-token`
  return { kind: 'files', dataFolder, agentTokenFile } as const
}
