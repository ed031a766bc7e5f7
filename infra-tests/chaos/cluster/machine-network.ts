/**
 * How the machines of a run reach each other and the clients: all on loopback, or each in a network namespace of its
 * own behind a router (also a namespace) that can lose packets between any two of them, one way or both.
 */
import { mustRun } from '../../support/programs.ts'

/** 0 is where the clients and the test itself are. */
export const CLIENTS = 0

export interface MachineNetwork {
  /** What each machine is reached at, clients included. */
  address(machine: number): string
  /** The command that runs something on that machine. */
  on(machine: number, command: readonly string[]): readonly string[]
  /** Loses every packet that one machine sends to the other, without a word to either. */
  block(from: number, to: number): Promise<void>
  unblock(from: number, to: number): Promise<void>
  remove(): Promise<void>
}

export const loopback: MachineNetwork = {
  address: () => '127.0.0.1',
  on: (_, command) => command,
  block: () => Promise.reject(new Error('nothing can be blocked on loopback')),
  unblock: () => Promise.resolve(),
  remove: () => Promise.resolve(),
}

/** Needs root and iproute2. */
export async function namespaceNetwork(machines: number): Promise<MachineNetwork> {
  const network = new NamespaceNetwork()
  try {
    await network.create(machines)
    return network
  } catch (error) {
    await network.remove()
    throw error
  }
}

class NamespaceNetwork implements MachineNetwork {
  /** Of this process: its namespaces, its interfaces, and a subnet out of those for benchmarks (RFC 2544). */
  readonly #mark = process.pid
  readonly #subnet = `198.18.${process.pid % 256}`
  readonly #router = `freshet-${process.pid}-router`
  readonly #namespaces: string[] = []
  readonly #blocked = new Set<string>()
  #hasLink = false

  /** Each machine has four addresses of the subnet: the router's end of its link, and its own, are the middle ones. */
  address(machine: number): string {
    return `${this.#subnet}.${machine * 4 + 2}`
  }

  on(machine: number, command: readonly string[]): readonly string[] {
    return machine === CLIENTS ? command : ['ip', 'netns', 'exec', this.#nameOf(machine), ...command]
  }

  async create(machines: number): Promise<void> {
    await this.#addNamespace(this.#router)
    await ip(['netns', 'exec', this.#router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward'])
    for (let machine = 0; machine <= machines; machine++) await this.#connect(machine)
  }

  async block(from: number, to: number): Promise<void> {
    const key = `${from} ${to}`
    if (this.#blocked.has(key)) return
    this.#blocked.add(key)
    await this.#rule('add', from, to)
  }

  async unblock(from: number, to: number): Promise<void> {
    if (this.#blocked.delete(`${from} ${to}`)) await this.#rule('delete', from, to)
  }

  async remove(): Promise<void> {
    if (this.#hasLink) await ip(['link', 'delete', `fr${this.#mark}m0`])
    this.#hasLink = false
    for (const name of this.#namespaces.splice(0)) await ip(['netns', 'delete', name])
  }

  #rule(action: 'add' | 'delete', from: number, to: number): Promise<void> {
    const selector = ['from', this.address(from), 'to', this.address(to)]
    return ip(['-n', this.#router, 'rule', action, ...selector, 'blackhole'])
  }

  /** A cable from the machine to the router, with an address at both ends. */
  async #connect(machine: number): Promise<void> {
    const own = `fr${this.#mark}m${machine}`
    const far = `fr${this.#mark}r${machine}`
    const gateway = `${this.#subnet}.${machine * 4 + 1}`
    await ip(['link', 'add', own, 'type', 'veth', 'peer', 'name', far, 'netns', this.#router])
    if (machine === CLIENTS) this.#hasLink = true
    else {
      await this.#addNamespace(this.#nameOf(machine))
      await ip(['link', 'set', own, 'netns', this.#nameOf(machine)])
    }
    const here = machine === CLIENTS ? [] : ['-n', this.#nameOf(machine)]
    await ip(['-n', this.#router, 'address', 'add', `${gateway}/30`, 'dev', far])
    await ip(['-n', this.#router, 'link', 'set', far, 'up'])
    await ip([...here, 'address', 'add', `${this.address(machine)}/30`, 'dev', own])
    await ip([...here, 'link', 'set', own, 'up'])
    await ip([...here, 'route', 'add', `${this.#subnet}.0/24`, 'via', gateway])
  }

  async #addNamespace(name: string): Promise<void> {
    await ip(['netns', 'add', name])
    this.#namespaces.push(name)
    await ip(['-n', name, 'link', 'set', 'lo', 'up'])
  }

  #nameOf(machine: number): string {
    return `freshet-${this.#mark}-${machine}`
  }
}

async function ip(args: readonly string[]): Promise<void> {
  await mustRun('ip', args)
}
