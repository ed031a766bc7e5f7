import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { reasonOf } from '@freshet/host-agent'
import { UsageError } from '../user-error.ts'

export interface StartOptions {
  readonly dataDir: string
  readonly port: number
  readonly quickstart: boolean
}

export const START_USAGE = `Usage: freshet start [--data DIR] [--port N] [--no-quickstart]
  (npm start -- [flags])

  --data DIR        where everything is kept; default .freshet in the project's folder
  --port N          port of the REST endpoint; default 9690
  --no-quickstart   create no first cluster

Ctrl-C stops everything cleanly; the next start finds all clusters, topics and records again.
`

export function parseStartOptions(args: string[], defaultDataDir: string): StartOptions | 'help' {
  const values = parse(args)
  if (values.help) return 'help'
  return {
    dataDir: resolve(values.data ?? defaultDataDir),
    port: parsePort(values.port ?? '9690'),
    quickstart: values.quickstart ?? true,
  }
}

function parse(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      allowNegative: true,
      options: {
        data: { type: 'string' },
        port: { type: 'string' },
        quickstart: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
    if (values.data === '') throw new Error('--data is empty')
    return values
  } catch (error) {
    // Node's message goes on with advice about positional arguments that does not fit here.
    const [firstSentence] = reasonOf(error).split('. ')
    throw new UsageError(`${firstSentence}; freshet start --help lists the flags`)
  }
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d{1,5}$/.test(text) || port < 1 || port > 65_535) {
    throw new UsageError(`--port ${text} is no port; it must be a number from 1 to 65535`)
  }
  return port
}
