/**
 * What consumers put into the opaque bytes of the classic protocol: subscriptions and assignments, each behind its
 * version. The coordinator reads and writes them only where classic and consumer protocol meet.
 */
import { decode, encode, message, t, WireError } from '../../../../wire/index.ts'

const topicPartitions = { topic: t.string(), partitions: t.array(t.int32()) }
const NEWEST_VERSION = 3

const Subscription = message({
  versions: [0, 3],
  fields: {
    version: t.int16(),
    topics: t.array(t.string()),
    userData: t.bytes({ nullable: 0, default: null }),
    ownedPartitions: t.array(topicPartitions, { since: 1, ignorable: true }),
    generationId: t.int32({ since: 2, default: -1, ignorable: true }),
    rackId: t.string({ since: 3, nullable: 3, default: null, ignorable: true }),
  },
})

const Assignment = message({
  versions: [0, 3],
  fields: {
    version: t.int16(),
    assignedPartitions: t.array(topicPartitions),
    userData: t.bytes({ nullable: 0, default: null }),
  },
})

export interface NamedPartitions {
  readonly topic: string
  readonly partitions: readonly number[]
}

export type EmbeddedSubscription = NonNullable<ReturnType<typeof readSubscription>>

/** Null for bytes that are something else. */
export function readSubscription(metadata: Buffer) {
  return read(metadata, (version) => decode(Subscription, version, metadata))
}

export function readAssignment(assignment: Buffer) {
  return read(assignment, (version) => decode(Assignment, version, assignment))
}

/** In the version in which the member subscribed: it may not know a newer one. */
export function writeAssignment(metadata: Buffer, assignedPartitions: readonly NamedPartitions[]): Buffer {
  const version = Math.min(metadata.length < 2 ? 0 : metadata.readInt16BE(0), NEWEST_VERSION)
  return encode(Assignment, version, { version, assignedPartitions, userData: null })
}

function read<Result>(bytes: Buffer, decodeAs: (version: number) => Result): Result | null {
  if (bytes.length < 2) return null
  try {
    return decodeAs(Math.min(bytes.readInt16BE(0), NEWEST_VERSION))
  } catch (error) {
    if (error instanceof WireError) return null
    throw error
  }
}
