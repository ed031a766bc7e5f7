import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Documents } from '@freshet/coordination'
import type { Logger } from '../log.ts'
import { Collection, isConflict } from '../model/collection.ts'

/**
 * Who speaks for a host: an agent that knows the fleet's secret (a laptop's, which serves all hosts), or one that has
 * registered. An instance finds a token in its user data, which others may read too; it is good for one registration of
 * that host with that data volume. The agent registers a credential that it has made and keeps on the volume, so a
 * repeated request with the same credential is the same registration, and an instance that takes over the volume needs
 * no other.
 */
export interface HostCredentialsOptions {
  readonly documents: Documents
  /** The fleet's secret, from which tokens follow: the same host and volume always get the same one. */
  readonly agentToken: string
  /** The data volume that a host has now; undefined if it has none, or hosts of this fleet do not register. */
  readonly volumeOf: (hostId: string) => Promise<string | undefined>
  readonly log: Logger
  readonly now: () => number
}

export class HostCredentials {
  readonly #options: HostCredentialsOptions
  readonly #registrations: Collection<Registration>
  /** Every poll of every agent is checked: not each of them costs a read. */
  readonly #known = new Map<
    string,
    { readonly registration: Registration | undefined; readonly atMs: number }
  >()

  constructor(options: HostCredentialsOptions) {
    this.#options = options
    this.#registrations = new Collection(options.documents, 'host-registrations/')
  }

  /** False, and logged, if the token is none of this host's present volume, or was used with another credential. */
  async register(hostId: string, authorization: string | undefined, credential: string): Promise<boolean> {
    const { agentToken, volumeOf } = this.#options
    const token = BEARER.exec(authorization ?? '')?.[1] ?? ''
    const volumeId = token.slice(0, token.indexOf('.'))
    if (!isEqual(token, registrationToken(agentToken, hostId, volumeId)))
      return this.#refuse(hostId, 'the token is not of this host')
    if ((await volumeOf(hostId)) !== volumeId)
      return this.#refuse(hostId, `the token is of volume ${volumeId}, which is not the host's`)
    const wanted: Registration = { volumeId, credentialHash: hashOf(credential) }
    const found = await this.#exchange(hostId, wanted)
    this.#known.delete(hostId)
    if (found.credentialHash === wanted.credentialHash) return true
    return this.#refuse(hostId, `the token of volume ${volumeId} was used before, with another credential`)
  }

  async maySpeakFor(hostId: string, authorization: string | undefined): Promise<boolean> {
    const presented = BEARER.exec(authorization ?? '')?.[1]
    if (presented === undefined) return false
    if (isEqual(presented, this.#options.agentToken)) return true
    const hash = hashOf(presented)
    if ((await this.#registration(hostId, KNOWN_MS))?.credentialHash === hash) return true
    // It may have registered at another control plane a moment ago.
    return (await this.#registration(hostId, REFUSED_MS))?.credentialHash === hash
  }

  /** The host is gone. */
  async forget(hostId: string): Promise<void> {
    this.#known.delete(hostId)
    await this.#registrations.delete(hostId)
  }

  /** One registration for each volume: the first. Returns the one that counts. */
  async #exchange(hostId: string, wanted: Registration): Promise<Registration> {
    if (await this.#registrations.create(hostId, wanted)) return wanted
    const counts = await this.#registrations
      .update(hostId, (known) => (known.volumeId === wanted.volumeId ? known : wanted))
      .catch((error: unknown) => {
        if (isConflict(error)) return undefined
        throw error
      })
    return counts ?? this.#exchange(hostId, wanted)
  }

  async #registration(hostId: string, maxAgeMs: number): Promise<Registration | undefined> {
    const nowMs = this.#options.now()
    const known = this.#known.get(hostId)
    if (known && nowMs - known.atMs < maxAgeMs) return known.registration
    const registration = await this.#registrations.get(hostId)
    if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
    this.#known.set(hostId, { registration, atMs: nowMs })
    return registration
  }

  #refuse(hostId: string, reason: string): false {
    this.#options.log.error('registration refused', { hostId, reason })
    return false
  }
}

/** What the user data of an instance brings. */
export function registrationToken(agentToken: string, hostId: string, volumeId: string): string {
  const proof = createHmac('sha256', agentToken).update(`register ${JSON.stringify([hostId, volumeId])}`)
  return `${volumeId}.${proof.digest('hex')}`
}

interface Registration {
  readonly volumeId: string
  readonly credentialHash: string
}

const BEARER = /^Bearer ([!-~]{1,512})$/
const KNOWN_MS = 60_000
/** A wrong credential costs a read at most this often. */
const REFUSED_MS = 1_000
const MAX_KNOWN = 10_000

function hashOf(credential: string): string {
  return createHash('sha256').update(credential).digest('hex')
}

function isEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}
