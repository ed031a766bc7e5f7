/** AlterUserScramCredentials (51): sets and removes what passwords are checked against (KIP-554). */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClusterView } from '../image-types.ts'
import { type MetadataRecord, ScramMechanism } from '../records.ts'
import type { ScramCredential } from '../scram-credentials.ts'
import { attempt, type Decision, failure, type Outcome, SUCCESS } from './decision.ts'

const ITERATIONS_MIN = 4096
const ITERATIONS_MAX = 16_384

interface Named {
  readonly name: string
  readonly mechanism: number
}

export interface AlterScramCredentialsRequest {
  readonly deletions: readonly Named[]
  readonly upsertions: readonly (Omit<ScramCredential, 'mechanism'> & Named)[]
}

export interface AlteredScramUser extends Outcome {
  readonly user: string
}

/** What is asked for a user is done all or none. */
export function alterScramCredentials(
  view: ClusterView,
  { deletions, upsertions }: AlterScramCredentialsRequest,
): Decision<readonly AlteredScramUser[]> {
  const users = new Set([...deletions, ...upsertions].map(({ name }) => name))
  const records: MetadataRecord[] = []
  const reply = [...users].map((user) =>
    attempt(
      () => {
        const isOwn = ({ name }: Named) => name === user
        records.push(...alterUser(view, deletions.filter(isOwn), upsertions.filter(isOwn)))
        return { user, ...SUCCESS }
      },
      (error) => ({ user, ...failure(error) }),
    ),
  )
  return { records, reply }
}

function alterUser(
  view: ClusterView,
  deletions: AlterScramCredentialsRequest['deletions'],
  upsertions: AlterScramCredentialsRequest['upsertions'],
): MetadataRecord[] {
  const mechanisms = [...deletions, ...upsertions].map(({ mechanism }) => mechanism)
  if (new Set(mechanisms).size < mechanisms.length) {
    throw new KafkaError(
      ErrorCode.DUPLICATE_RESOURCE,
      'A user credential cannot be altered twice in the same request',
    )
  }
  const removed = deletions.map(({ name, mechanism }): MetadataRecord => {
    checkName(name)
    const known = knownMechanism(mechanism)
    if (view.scramCredentials.find(name, known) === undefined) {
      throw new KafkaError(
        ErrorCode.RESOURCE_NOT_FOUND,
        'Attempt to delete a user credential that does not exist',
      )
    }
    return { type: 'RemoveUserScramCredential', name, mechanism: known }
  })
  const set = upsertions.map((credential): MetadataRecord => {
    checkName(credential.name)
    const mechanism = knownMechanism(credential.mechanism)
    if (credential.iterations < ITERATIONS_MIN) throw unacceptable('Too few iterations')
    if (credential.iterations > ITERATIONS_MAX) throw unacceptable('Too many iterations')
    return { type: 'UserScramCredential', ...credential, mechanism }
  })
  return [...removed, ...set]
}

function knownMechanism(code: number): ScramMechanism {
  const known = Object.values(ScramMechanism).find((mechanism) => mechanism === code)
  if (known === undefined)
    throw new KafkaError(ErrorCode.UNSUPPORTED_SASL_MECHANISM, 'Unknown SCRAM mechanism')
  return known
}

function checkName(name: string): void {
  if (name === '') throw unacceptable('Username must not be empty')
}

function unacceptable(message: string): KafkaError {
  return new KafkaError(ErrorCode.UNACCEPTABLE_CREDENTIAL, message)
}
