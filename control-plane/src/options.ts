import { isIP } from 'node:net'
import { parseArgs } from 'node:util'

export interface Options {
  readonly dataFolder: string
  readonly port: number
  readonly quickstart: boolean
  readonly issueAccessKey: boolean
  readonly agentTokenFile: string
  /** Where it listens. */
  readonly listen: string
  readonly fleet: { readonly kind: 'process' } | { readonly kind: 'ec2'; readonly settingsFile: string }
}

export const USAGE =
  'usage: control-plane --data DIR [--listen ADDRESS] [--port N] [--fleet process|ec2 --fleet-settings FILE] [--quickstart] [--issue-access-key]   (environment: FRESHET_AGENT_TOKEN_FILE)'

/** Throws an error with a one-line message for a person. */
export function parseOptions(
  args: readonly string[],
  environment: Record<string, string | undefined>,
): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      port: { type: 'string', default: '9690' },
      quickstart: { type: 'boolean', default: false },
      'issue-access-key': { type: 'boolean', default: false },
      listen: { type: 'string', default: '127.0.0.1' },
      fleet: { type: 'string', default: 'process' },
      'fleet-settings': { type: 'string' },
    },
  })
  if (!values.data) throw new Error(`--data is missing. ${USAGE}`)
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port ${values.port} is not a port number`)
  if (!isIP(values.listen)) throw new Error(`--listen ${values.listen} is not an IP address`)
  const fleet = parseFleet(values.fleet, values['fleet-settings'])
  if (fleet.kind === 'ec2' && values.quickstart) throw new Error('--quickstart is for --fleet process')
  return {
    dataFolder: values.data,
    listen: values.listen,
    port,
    fleet,
    quickstart: values.quickstart,
    issueAccessKey: values['issue-access-key'],
    agentTokenFile: environment.FRESHET_AGENT_TOKEN_FILE ?? `${values.data}/agent-token`,
  }
}

function parseFleet(kind: string, settingsFile: string | undefined): Options['fleet'] {
  if (kind === 'ec2') {
    if (settingsFile === undefined) throw new Error('--fleet ec2 needs --fleet-settings FILE')
    return { kind, settingsFile }
  }
  if (kind !== 'process') throw new Error(`--fleet ${kind} is neither process nor ec2`)
  if (settingsFile !== undefined) throw new Error('--fleet-settings is for --fleet ec2')
  return { kind }
}
