/** The host agent's program. Brokers outlive it, unless it is asked to stop them. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { registeredCredential, sharedSecret } from './credential.ts'
import { Hosts, type HostsOptions } from './hosts.ts'
import { createLog, reasonOf } from './log.ts'

const USAGE = `Usage: host-agent (--hosts-dir DIR | --host-dir DIR) --control-plane URL[,URL...] --broker-bundle PATH

  --hosts-dir DIR       serve every host below DIR (one folder each, with a host.json)
  --host-dir DIR        serve one host
  --control-plane URLS  where to ask for units: each control plane of the service, with commas between
  --broker-bundle PATH  the broker's program
  --instance-metadata   ask EC2's metadata service what is announced for this instance, and tell the control plane

Environment: FRESHET_AGENT_TOKEN_FILE names the file with the secret that the control plane knows, for all hosts;
             FRESHET_REGISTRATION_TOKEN_FILE that with a token for one registration of this host.
             AWS_EC2_METADATA_SERVICE_ENDPOINT names another metadata service than EC2's.
             FRESHET_STOP_UNITS_ON_EXIT=1 stops all brokers cleanly on SIGTERM.
`

const log = createLog((line) => process.stderr.write(line), Date.now)
const options = readOptions(process.argv.slice(2))
const hosts = new Hosts({ ...options, log })
let isStopping = false

process.on('SIGTERM', () => {
  if (process.env.FRESHET_STOP_UNITS_ON_EXIT === '1') void stopUnits()
  else leave('SIGTERM')
})
process.on('SIGINT', () => leave('SIGINT'))
process.on('message', (message) => {
  if (message === 'stop-units') void stopUnits()
})
// Whoever started this agent with a channel supervises it; without a supervisor it makes way for the next one.
process.on('disconnect', () => leave('its supervisor is gone'))

log.info('host agent started', { pid: process.pid, controlPlanes: options.controlPlanes })
hosts.start()

async function stopUnits(): Promise<void> {
  if (isStopping) return
  isStopping = true
  log.info('stopping all units')
  await hosts.drain()
  leave('all units are stopped')
}

function leave(reason: string): void {
  log.info('host agent leaves', { reason })
  hosts.close()
  process.exit(0)
}

function readOptions(args: string[]): Omit<HostsOptions, 'log'> {
  try {
    return parseOptions(args)
  } catch (error) {
    process.stderr.write(`host-agent: ${reasonOf(error)}\n`)
    process.exit(2)
  }
}

function parseOptions(args: string[]): Omit<HostsOptions, 'log'> {
  const { values } = parseArgs({
    args,
    options: {
      'hosts-dir': { type: 'string' },
      'host-dir': { type: 'string' },
      'control-plane': { type: 'string' },
      'broker-bundle': { type: 'string' },
      'instance-metadata': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  })
  if (values.help) {
    process.stdout.write(USAGE)
    process.exit(0)
  }
  const [hostsDir, hostDir] = [values['hosts-dir'], values['host-dir']]
  if ((hostsDir === undefined) === (hostDir === undefined)) {
    throw new Error('exactly one of --hosts-dir and --host-dir is required')
  }
  return {
    folder: hostsDir === undefined ? { hostDir: resolve(hostDir!) } : { hostsDir: resolve(hostsDir) },
    controlPlanes: required('--control-plane', values['control-plane']).split(',').map(httpUrl),
    ...(values['instance-metadata'] && {
      metadataEndpoint: process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? EC2_METADATA,
    }),
    brokerBundle: resolve(required('--broker-bundle', values['broker-bundle'])),
    credentialOf: credentialFrom(
      process.env.FRESHET_AGENT_TOKEN_FILE,
      process.env.FRESHET_REGISTRATION_TOKEN_FILE,
    ),
  }
}

const EC2_METADATA = 'http://169.254.169.254'

function credentialFrom(
  secretFile: string | undefined,
  registrationTokenFile: string | undefined,
): HostsOptions['credentialOf'] {
  if ((secretFile === undefined) === (registrationTokenFile === undefined)) {
    throw new Error('exactly one of FRESHET_AGENT_TOKEN_FILE and FRESHET_REGISTRATION_TOKEN_FILE is required')
  }
  if (secretFile !== undefined) return () => sharedSecret(resolve(secretFile))
  const tokenFile = resolve(registrationTokenFile!)
  return (hostDir) => registeredCredential(hostDir, tokenFile)
}

function required(name: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new Error(`${name} is required`)
  return value
}

function httpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new Error(`${text} is no http(s) URL`)
  return text
}
