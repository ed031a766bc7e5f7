/** What is left of a failed deployment for whoever looks into it: the logs of all its machines, in a folder. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runProgram } from '../../support/programs.ts'
import { docker } from '../docker.ts'
import type { Lab } from './lab.ts'

const TIMEOUT_MS = 20_000
/** Of a log of a broker, from its end. */
const LINES = 5_000

/** Returns the folder. What cannot be had is said in its file. */
export async function keepLogs(lab: Lab, occasion: string): Promise<string> {
  const folder = join(
    mkdtempSync(join(tmpdir(), 'freshet-localstack-')),
    occasion.replace(/[^\w]+/g, '-').slice(0, 60),
  )
  mkdirSync(folder, { recursive: true })
  const keep = (name: string, text: string) => writeFileSync(join(folder, `${name}.txt`), text)
  keep('localstack', await lab.localstack.log())
  keep('machines', lab.log())
  keep('containers', await docker('ps', '--all', '--no-trunc'))
  const instances = await lab.aws('ec2', 'describe-instances').catch(String)
  keep('instances', JSON.stringify(instances, undefined, 2))
  for (const name of await lab.machines.containerNames()) {
    keep(name, await outputOf('logs', '--timestamps', name))
    // A host agent gives each broker a log of its own.
    const brokers = `find /var/lib/freshet -name broker.log -exec tail -v -n ${LINES} {} +`
    keep(`${name}-brokers`, await outputOf('exec', name, 'sh', '-c', brokers))
  }
  return folder
}

async function outputOf(...args: string[]): Promise<string> {
  try {
    return (await runProgram('docker', args, { timeoutMs: TIMEOUT_MS })).output
  } catch (error) {
    return String(error)
  }
}
