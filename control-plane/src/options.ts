import { parseArgs } from 'node:util'

export interface Options {
  readonly dataFolder: string
  readonly port: number
  readonly quickstart: boolean
  readonly issueAccessKey: boolean
  readonly agentTokenFile: string
}

export const USAGE =
  'usage: control-plane --data DIR [--port N] [--quickstart] [--issue-access-key]   (environment: FRESHET_AGENT_TOKEN_FILE)'

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
    },
  })
  if (!values.data) throw new Error(`--data is missing. ${USAGE}`)
  const port = Number(values.port)
  if (!/^\d+$/.test(values.port) || port > 65_535)
    throw new Error(`--port ${values.port} is not a port number`)
  return {
    dataFolder: values.data,
    port,
    quickstart: values.quickstart,
    issueAccessKey: values['issue-access-key'],
    agentTokenFile: environment.FRESHET_AGENT_TOKEN_FILE ?? `${values.data}/agent-token`,
  }
}
