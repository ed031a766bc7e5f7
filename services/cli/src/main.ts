/** `freshet`: the command line. One file per command's flags; each command gets them checked. */
import { join } from 'node:path'
import { reasonOf } from '@freshet/host-agent'
import { ignoreBrokenPipe } from './output.ts'
import { launch } from './start/launcher.ts'
import { parseStartOptions, START_USAGE } from './start/options.ts'
import { UsageError, UserError } from './user-error.ts'

const USAGE = `Freshet: a serverless, cloud-managed Kafka service.

Usage: freshet COMMAND [flags]

  start    run Freshet on this machine, with a first cluster

Kafka's tools, for any cluster: kafka-topics, kafka-configs, kafka-console-producer, kafka-console-consumer,
kafka-consumer-groups.

freshet COMMAND --help tells more.
`
const OLDEST_NODE = 22

ignoreBrokenPipe()
try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`freshet: ${reasonOf(error)}\n`)
  process.exitCode = error.exitCode
}

async function run([command, ...args]: string[]): Promise<number> {
  if (Number.parseInt(process.versions.node, 10) < OLDEST_NODE) {
    throw new UserError(
      `this is Node ${process.versions.node}; Freshet needs ${OLDEST_NODE} or newer (npm start brings its own)`,
    )
  }
  if (command === '--help' || command === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  if (command === undefined) throw new UsageError('a command is missing; freshet --help lists them')
  if (command.startsWith('kafka-')) {
    const { runAsProcess } = await import('@freshet/kafka-tools')
    return runAsProcess(command, args)
  }
  if (command !== 'start') throw new UsageError(`there is no command ${command}; freshet --help lists them`)
  // The programs lie beside this bundle, in dist/, and the project around it.
  const programs = import.meta.dirname
  const options = parseStartOptions(args, join(programs, '..', '.freshet'))
  if (options === 'help') {
    process.stdout.write(START_USAGE)
    return 0
  }
  return launch({
    ...options,
    quickstartPorts: [9092, 9093, 9094],
    programs: {
      controlPlane: join(programs, 'control-plane.mjs'),
      hostAgent: join(programs, 'host-agent.mjs'),
      broker: join(programs, 'broker.mjs'),
    },
  })
}
