/** The SCRAM credentials of users as the cluster's metadata has them (KIP-554). */
import type { RecordOf, ScramMechanism } from './records.ts'

export type ScramCredential = Omit<RecordOf<'UserScramCredential'>, 'type'>

/** What the cluster's metadata tells of them. */
export interface ScramCredentialsView {
  /** Of every user who has any. */
  users(): IterableIterator<string>
  of(user: string): readonly ScramCredential[]
  find(user: string, mechanism: ScramMechanism): ScramCredential | undefined
}

export class ScramCredentials implements ScramCredentialsView {
  readonly #byUser = new Map<string, Map<ScramMechanism, ScramCredential>>()

  users(): IterableIterator<string> {
    return this.#byUser.keys()
  }

  of(user: string): readonly ScramCredential[] {
    return [...(this.#byUser.get(user)?.values() ?? [])]
  }

  find(user: string, mechanism: ScramMechanism): ScramCredential | undefined {
    return this.#byUser.get(user)?.get(mechanism)
  }

  put({ type: _, ...credential }: RecordOf<'UserScramCredential'>): void {
    const own = this.#byUser.get(credential.name) ?? new Map<ScramMechanism, ScramCredential>()
    own.set(credential.mechanism, credential)
    this.#byUser.set(credential.name, own)
  }

  remove({ name, mechanism }: RecordOf<'RemoveUserScramCredential'>): void {
    const own = this.#byUser.get(name)
    own?.delete(mechanism)
    if (own?.size === 0) this.#byUser.delete(name)
  }

  *toRecords(): Generator<RecordOf<'UserScramCredential'>> {
    for (const user of this.#byUser.keys())
      for (const credential of this.of(user)) yield { type: 'UserScramCredential', ...credential }
  }
}
