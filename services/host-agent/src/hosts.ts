/** Keeps one agent per host: each folder with a `host.json` is a host, and hosts come and go while this runs. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Credential } from './credential.ts'
import { HostAgent } from './host-agent.ts'
import { type Log, reasonOf } from './log.ts'
import { listFolder, readJson } from './unit-files.ts'
import { InvalidInputError, isUnitId } from './validate.ts'

export interface HostsOptions {
  /** One folder per host below it (a laptop), or the folder of the only host. */
  readonly folder: { readonly hostsDir: string } | { readonly hostDir: string }
  readonly brokerBundle: string
  readonly controlPlanes: readonly string[]
  readonly metadataEndpoint?: string
  readonly credentialOf: (hostDir: string) => Credential
  readonly log: Log
}

const SCAN_MS = 100

export class Hosts {
  readonly #options: HostsOptions
  readonly #agents = new Map<string, HostAgent>()
  readonly #complained = new Set<string>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: HostsOptions) {
    this.#options = options
  }

  start(): void {
    this.#scan()
    // Polling sees a host.json that is written after its folder, which a watch on the parent does not.
    this.#timer = setInterval(() => this.#scan(), SCAN_MS)
  }

  /** Stops every unit of every host with a clean shutdown. */
  async drain(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all([...this.#agents.values()].map((agent) => agent.drain()))
  }

  close(): void {
    clearInterval(this.#timer)
    for (const agent of this.#agents.values()) agent.close()
  }

  #scan(): void {
    const folders = this.#folders()
    for (const hostDir of folders) {
      if (!this.#agents.has(hostDir)) this.#add(hostDir)
    }
    for (const [hostDir, agent] of this.#agents) {
      if (!existsSync(hostDir)) this.#retire(hostDir, agent)
    }
  }

  #folders(): string[] {
    const { folder } = this.#options
    if ('hostDir' in folder) return [folder.hostDir]
    return listFolder(folder.hostsDir).map((name) => join(folder.hostsDir, name))
  }

  #add(hostDir: string): void {
    const hostId = this.#readHostId(hostDir)
    if (hostId === undefined) return
    const log = this.#options.log.with({ hostId })
    const agent = new HostAgent({
      ...this.#options,
      credential: this.#options.credentialOf(hostDir),
      hostDir,
      hostId,
      log,
    })
    this.#agents.set(hostDir, agent)
    log.info('host found', { hostDir })
    agent.start()
  }

  /** A folder without a host.json is one that is being made; a damaged file is complained about once. */
  #readHostId(hostDir: string): string | undefined {
    try {
      const host = readJson(join(hostDir, 'host.json'))
      if (host === undefined) return undefined
      if (typeof host === 'object' && host !== null && 'hostId' in host && isUnitId(host.hostId))
        return host.hostId
      throw new InvalidInputError('host.json names no hostId')
    } catch (error) {
      if (!(error instanceof InvalidInputError)) throw error
      if (!this.#complained.has(hostDir)) {
        this.#complained.add(hostDir)
        this.#options.log.error('host ignored', { hostDir, reason: reasonOf(error) })
      }
      return undefined
    }
  }

  /** A host whose folder is gone is a machine that was switched off: nothing of it may run on. */
  #retire(hostDir: string, agent: HostAgent): void {
    this.#agents.delete(hostDir)
    this.#options.log.info('host is gone', { hostDir })
    void agent.drain().then(() => agent.close())
  }
}
