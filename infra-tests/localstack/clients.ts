/**
 * Kafka clients in a container of their own on a VPC's network. The programs are this machine's (kcat, Java, Kafka's
 * jars), mounted read-only over the image's: nothing has to be installed into an image, and nothing can be left behind.
 */
import { existsSync, readdirSync } from 'node:fs'
import { kafkaLibraries, kafkaToolCommand } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'

export interface ClientMachine {
  readonly image: string
  /** Docker's name of the network. */
  readonly network: string
}

/** Where a distribution keeps programs, libraries and what configures them. */
const SYSTEM = ['/usr', '/bin', '/lib', '/lib64', '/etc/alternatives', '/etc/ssl']
/** Less than the tests', so that it is known which client waited, and for what it was last heard to wait. */
const TIMEOUT_MS = 60_000
/** What does not happen in this time is what a client is to complain of. */
const KCAT_LIMITS = ['-m', '20', '-X', 'message.timeout.ms=30000', '-X', 'socket.timeout.ms=20000']

/** Standard output of a program in such a container. */
export async function runClient(
  { image, network }: ClientMachine,
  command: readonly string[],
  input = '',
): Promise<string> {
  const java = readdirSync('/etc').flatMap((name) => (name.startsWith('java') ? [`/etc/${name}`] : []))
  const mounts = [...SYSTEM.filter((path) => existsSync(path)), ...java, kafkaLibraries()]
  const { stdout } = await mustRun(
    'docker',
    [
      ...['run', '--rm', '--interactive', '--no-healthcheck', '--network', network, '--user', '0:0'],
      ...mounts.flatMap((path) => ['--volume', `${path}:${path}:ro`]),
      ...['--env', 'PATH=/usr/bin:/bin', '--entrypoint', command[0]!, image, ...command.slice(1)],
    ],
    { input, timeoutMs: TIMEOUT_MS },
  )
  return stdout
}

export function kcat(machine: ClientMachine, args: readonly string[], input?: string): Promise<string> {
  return runClient(machine, ['kcat', ...KCAT_LIMITS, ...args], input)
}

export function kafkaTool(
  machine: ClientMachine,
  tool: Parameters<typeof kafkaToolCommand>[0],
  args: readonly string[],
  input?: string,
): Promise<string> {
  return runClient(machine, kafkaToolCommand(tool, args), input)
}
