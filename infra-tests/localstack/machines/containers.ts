/** Instances as Docker containers: a network per VPC with the VPC's own addresses, a volume per EBS volume. */
import { join } from 'node:path'
import { docker } from '../docker.ts'

const LABEL = 'freshet.machines'
/** Where Freshet's user data mounts a host's data volume, unless something is mounted there already. */
const MOUNT_POINT = '/var/lib/freshet'
const bootScript = join(import.meta.dirname, 'boot.sh')
/** So long a container may take to stop. */
const STOP_SECONDS = '5'
/**
 * In EC2 an instance has processors of its own, and takes none from others while it boots. Here all share this machine's:
 * one that boots goes behind the others, and from then on all weigh the same.
 */
export const CPU_SHARES = { booting: '128', up: '1024' } as const

export interface ContainersOptions {
  /** Tells what is ours from what others run. */
  readonly scope: string
  readonly image: string
}

export interface NewContainer {
  readonly instanceId: string
  readonly vpcId: string
  readonly privateIpAddress: string
  readonly volumeId: string | undefined
  readonly environment: Readonly<Record<string, string>>
}

export class Containers {
  readonly #options: ContainersOptions

  constructor(options: ContainersOptions) {
    this.#options = options
  }

  nameOf(id: string): string {
    return `${this.#options.scope}-${id}`
  }

  /** Returns the network's gateway, which is this machine. */
  async createNetwork(vpcId: string, cidr: string): Promise<string> {
    const gateway = firstAddress(cidr)
    const name = this.nameOf(vpcId)
    await docker('network', 'create', ...this.#label(), '--subnet', cidr, '--gateway', gateway, name)
    return gateway
  }

  async create({ instanceId, vpcId, privateIpAddress, volumeId, environment }: NewContainer): Promise<void> {
    const variables = Object.entries(environment)
    if (volumeId !== undefined) await docker('volume', 'create', ...this.#label(), this.nameOf(volumeId))
    await docker(
      // What systemd does for a program that fails; one that somebody kills with its machine stays dead.
      ...['run', '--detach', '--restart', 'always', '--name', this.nameOf(instanceId), ...this.#label()],
      ...['--hostname', `ip-${privateIpAddress.replaceAll('.', '-')}`, '--no-healthcheck'],
      ...['--network', this.nameOf(vpcId), '--ip', privateIpAddress, '--cpu-shares', CPU_SHARES.booting],
      ...(volumeId === undefined ? [] : ['--volume', `${this.nameOf(volumeId)}:${MOUNT_POINT}`]),
      ...['--volume', `${bootScript}:/opt/instance/boot.sh:ro`],
      ...variables.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...['--user', '0:0', '--entrypoint', '/bin/sh', this.#options.image, '/opt/instance/boot.sh'],
    )
  }

  async start(instanceId: string): Promise<void> {
    await this.weigh(instanceId, 'booting')
    await docker('start', this.nameOf(instanceId))
  }

  async stop(instanceId: string): Promise<void> {
    await docker('stop', '--time', STOP_SECONDS, this.nameOf(instanceId))
  }

  async restart(instanceId: string): Promise<void> {
    await this.weigh(instanceId, 'booting')
    await docker('restart', '--time', STOP_SECONDS, this.nameOf(instanceId))
  }

  async weigh(instanceId: string, state: keyof typeof CPU_SHARES): Promise<void> {
    await docker('update', '--cpu-shares', CPU_SHARES[state], this.nameOf(instanceId))
  }

  async remove(instanceId: string): Promise<void> {
    await this.stop(instanceId)
    // With those that the image makes for itself; an EBS volume has a name, and stays.
    await docker('rm', '--force', '--volumes', this.nameOf(instanceId))
  }

  async removeVolume(volumeId: string): Promise<void> {
    await docker('volume', 'rm', '--force', this.nameOf(volumeId))
  }

  /** What each one's processes weigh against others'. */
  async cpuShares(): Promise<number[]> {
    const format = ['--format', '{{.HostConfig.CpuShares}}']
    const shares = await docker('inspect', ...format, ...(await this.names()))
    return shares.split('\n').map(Number)
  }

  /** Of all that there are, running or not. */
  async names(): Promise<string[]> {
    const filter = ['--filter', `label=${LABEL}=${this.#options.scope}`]
    const listed = await docker('ps', '--all', ...filter, '--format', '{{.Names}}')
    return listed === '' ? [] : listed.split('\n')
  }

  /** Everything of this scope, whoever left it. */
  async removeAll(): Promise<void> {
    const filter = ['--filter', `label=${LABEL}=${this.#options.scope}`, '--quiet']
    await removeListed(await docker('ps', '--all', ...filter), 'rm', '--force', '--volumes')
    await removeListed(await docker('volume', 'ls', ...filter), 'volume', 'rm')
    await removeListed(await docker('network', 'ls', ...filter), 'network', 'rm')
  }

  #label(): string[] {
    return ['--label', `${LABEL}=${this.#options.scope}`]
  }
}

/** The router's in a VPC: no instance ever has it. */
export function firstAddress(cidr: string): string {
  const [address = '', bits = ''] = cidr.split('/')
  const octets = address.split('.').map(Number)
  if (octets.length !== 4 || octets.some((octet) => !(octet >= 0 && octet <= 255)) || !/^\d+$/.test(bits))
    throw new Error(`${cidr} is no IPv4 network`)
  return [...octets.slice(0, 3), octets[3]! + 1].join('.')
}

async function removeListed(ids: string, ...command: string[]): Promise<void> {
  if (ids !== '') await docker(...command, ...ids.split('\n'))
}
