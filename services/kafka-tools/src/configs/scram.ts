/** SCRAM credentials of users (KIP-554): the password is salted here, so that it never leaves this process. */
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { alterUserScramCredentialsV0, describeUserScramCredentialsV0 } from '@platformatic/kafka'
import { ask, type Cluster } from '../client/cluster.ts'
import { ApiException, check, IllegalArgumentException } from '../client/exceptions.ts'
import type { Terminal } from '../tool.ts'
import type { Changes } from './changes.ts'

interface Mechanism {
  readonly id: number
  readonly hash: string
  readonly keyBytes: number
}

const MECHANISMS: Readonly<Record<string, Mechanism>> = {
  'SCRAM-SHA-256': { id: 1, hash: 'sha256', keyBytes: 32 },
  'SCRAM-SHA-512': { id: 2, hash: 'sha512', keyBytes: 64 },
}
const SALT_BYTES = 32
const DEFAULT_ITERATIONS = 4_096
const MIN_ITERATIONS = 4_096
const RESOURCE_NOT_FOUND = 91

export function isScram(key: string): boolean {
  return Object.hasOwn(MECHANISMS, key)
}

export async function alterScramCredentials(
  cluster: Cluster,
  user: string,
  { added, deleted }: Changes,
): Promise<void> {
  const deletions = deleted.map((name) => ({ name: user, mechanism: mechanism(name).id }))
  const upsertions = Object.entries(added).map(([name, value]) => upsertion(user, name, value))
  const connection = await cluster.anyBroker('alterUserScramCredentials')
  const { results } = await ask(alterUserScramCredentialsV0.api, connection, deletions, upsertions)
  for (const { errorCode, errorMessage } of results) check(errorCode, errorMessage)
}

/** Of the users named, or of all who have any. */
export async function describeScramCredentials(
  cluster: Cluster,
  users: readonly string[],
  terminal: Terminal,
): Promise<void> {
  const connection = await cluster.anyBroker('describeUserScramCredentials')
  const asked = users.length === 0 ? null : users.map((name) => ({ name }))
  const answer = await ask(describeUserScramCredentialsV0.api, connection, asked)
  check(answer.errorCode, answer.errorMessage)
  for (const { user, errorCode, errorMessage, credentialInfos } of answer.results) {
    if (errorCode === RESOURCE_NOT_FOUND) continue
    if (errorCode !== 0) {
      const error = new ApiException(errorCode, errorMessage)
      const simpleName = error.className.split('.').at(-1)
      terminal.output.write(
        `Error retrieving SCRAM credential configs for user-principal '${user}': ${simpleName}: ${error.message}\n`,
      )
      continue
    }
    const list = credentialInfos.map((info) => `${nameOf(info.mechanism)}=iterations=${info.iterations}`)
    terminal.output.write(`SCRAM credential configs for user-principal '${user}' are ${list.join(', ')}\n`)
  }
}

function upsertion(user: string, name: string, value: string) {
  const { id, hash, keyBytes } = mechanism(name)
  const [whole, given, password = ''] = /^(?:iterations=(-?\d*),)?password=(.*)$/.exec(value) ?? []
  if (whole === undefined) {
    throw new IllegalArgumentException(`Invalid credential property ${name.replaceAll('-', '_')}=${value}`)
  }
  const iterations = given === undefined || given === '-1' ? DEFAULT_ITERATIONS : Number(given)
  if (iterations < MIN_ITERATIONS) {
    throw new IllegalArgumentException(
      `Iterations ${iterations} is less than the minimum ${MIN_ITERATIONS} required for ${name}`,
    )
  }
  const salt = randomBytes(SALT_BYTES)
  const saltedPassword = pbkdf2Sync(password, salt, iterations, keyBytes, hash)
  return { name: user, mechanism: id, iterations, salt, saltedPassword }
}

function mechanism(name: string): Mechanism {
  const known = MECHANISMS[name]
  if (known === undefined) throw new Error(`${name} is no SCRAM mechanism although it was checked`)
  return known
}

function nameOf(id: number): string {
  return Object.keys(MECHANISMS).find((name) => MECHANISMS[name]?.id === id) ?? 'UNKNOWN'
}
