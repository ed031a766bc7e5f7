/**
 * Where the control planes are: as the agent was started with, and as the one that leads said last. The latter is kept in
 * the host's folder, so that an agent that restarts finds control planes that have all been replaced since its host was
 * made.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Log, reasonOf } from './log.ts'
import { hasCode } from './process-identity.ts'
import { parseControlPlanes } from './validate.ts'

export class ControlPlanes {
  readonly #given: readonly string[]
  readonly #file: string
  readonly #log: Log
  #urls: readonly string[]
  #current = 0

  constructor({ given, hostDir, log }: { given: readonly string[]; hostDir: string; log: Log }) {
    this.#given = given
    this.#file = join(hostDir, FILE)
    this.#log = log
    this.#urls = this.#with(this.#read())
  }

  /** The one that answered last, or that is to be tried next. */
  get url(): string {
    const url = this.#urls[this.#current]
    if (url === undefined) throw new Error('there is no control plane to ask')
    return url
  }

  get count(): number {
    return this.#urls.length
  }

  next(): void {
    this.#current = (this.#current + 1) % this.#urls.length
  }

  /** As a control plane has said. The agent goes on with the one that it speaks to. */
  learn(urls: readonly string[]): void {
    const learnt = this.#with(urls)
    if (learnt.join() === this.#urls.join()) return
    const present = this.url
    this.#urls = learnt.includes(present) ? learnt : [...learnt, present]
    this.#current = this.#urls.indexOf(present)
    this.#log.info('control planes', { controlPlanes: this.#urls })
    try {
      writeFileSync(`${this.#file}.new`, JSON.stringify(urls))
      renameSync(`${this.#file}.new`, this.#file)
    } catch (error) {
      // A full disk: the agent itself knows them, as long as it runs.
      this.#log.error('the list of control planes was not kept', { reason: reasonOf(error) })
    }
  }

  #with(urls: readonly string[]): string[] {
    return [...new Set([...urls, ...this.#given])]
  }

  #read(): readonly string[] {
    try {
      return parseControlPlanes(JSON.parse(readFileSync(this.#file, 'utf8')))
    } catch (error) {
      if (!hasCode(error, 'ENOENT'))
        this.#log.error('the kept list of control planes is unusable', { reason: reasonOf(error) })
      return []
    }
  }
}

const FILE = 'control-planes.json'
