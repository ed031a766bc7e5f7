import type { Documents } from '@freshet/coordination'
import type { LeaderTask } from '../reconcile/leader-tasks.ts'

/** What the task asks of a hosted zone: `route53.ts` asks AWS, tests ask a fake. */
export interface Zone {
  /** Addresses of an A record; undefined if there is none of that name. */
  read(name: string): Promise<readonly string[] | undefined>
  write(name: string, addresses: readonly string[]): Promise<void>
  remove(name: string, addresses: readonly string[]): Promise<void>
}

export interface ServiceRecordOptions {
  readonly zone: Zone
  readonly zoneName: string
  readonly documents: Documents
  /** Base URLs of the control planes that live. */
  readonly living: () => readonly string[]
}

/** Any of the control planes that live, by the name that they keep. */
export function serviceUrl(zoneName: string, port: number): string {
  return `http://${recordName(zoneName)}:${port}`
}

/** `control-plane.ZONE`: the addresses of the control planes that live, kept by the one that leads. */
export class ServiceRecord {
  readonly #options: ServiceRecordOptions
  readonly #name: string

  constructor(options: ServiceRecordOptions) {
    this.#options = options
    this.#name = recordName(options.zoneName)
  }

  get task(): LeaderTask {
    return { name: 'service-record', everyMs: LOOK_MS, run: () => this.refresh() }
  }

  async refresh(): Promise<void> {
    const { zone, documents, living } = this.#options
    const addresses = living()
      .map((url) => new URL(url).hostname)
      .filter((host) => IPV4.test(host))
      .sort()
    // Nobody may have renewed yet; a record that leads nowhere helps nobody.
    if (addresses.length === 0 || (await documents.get(GIVEN_UP)) !== undefined) return
    const known = await zone.read(this.#name)
    if (known === undefined || [...known].sort().join() !== addresses.join())
      await zone.write(this.#name, addresses)
  }

  /** The service is about to be deleted: a zone with records could not be. No control plane makes the record again. */
  async giveUp(): Promise<void> {
    const { zone, documents } = this.#options
    await documents.put(GIVEN_UP, {})
    const known = await zone.read(this.#name)
    if (known !== undefined) await zone.remove(this.#name, known)
  }

  /** It is not deleted after all. */
  async keep(): Promise<void> {
    await this.#options.documents.delete(GIVEN_UP)
  }
}

const LOOK_MS = 15_000
const GIVEN_UP = 'service-record/given-up'
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/

function recordName(zoneName: string): string {
  return `control-plane.${zoneName.replace(/\.$/, '')}`
}
