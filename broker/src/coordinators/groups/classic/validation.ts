/** Who may speak for a group: checks that several requests share. */
import { ErrorCode } from '../../../wire/index.ts'
import type { ClassicGroup } from './classic-group.ts'
import type { Member } from './member.ts'

/** Strings of records are shorter than 32 KiB; a member id has to have room for its unique part. */
const MAX_RECORDED_BYTES = 32_000

/** Newer requests may carry longer strings than a record can keep. */
export function isRecordable(...texts: readonly (string | null)[]): boolean {
  return texts.every((text) => text === null || Buffer.byteLength(text) <= MAX_RECORDED_BYTES)
}

export interface MemberIdentity {
  readonly memberId: string
  readonly groupInstanceId: string | null
}

export type Found =
  | { readonly errorCode: 0; readonly member: Member }
  | { readonly errorCode: number; readonly member: undefined }

/**
 * A static member whose instance id now belongs to another member id was replaced: it is fenced (KIP-345).
 */
export function findMember(group: ClassicGroup, { memberId, groupInstanceId }: MemberIdentity): Found {
  if (groupInstanceId !== null) {
    const current = group.staticMembers.get(groupInstanceId)
    if (current === undefined) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, member: undefined }
    if (current !== memberId) return { errorCode: ErrorCode.FENCED_INSTANCE_ID, member: undefined }
  }
  const member = group.members.get(memberId)
  if (!member) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, member: undefined }
  return { errorCode: ErrorCode.NONE, member }
}

/** A member of exactly the current generation. */
export function findInGeneration(
  group: ClassicGroup | undefined,
  identity: MemberIdentity,
  generationId: number,
): Found {
  if (!group) return { errorCode: ErrorCode.UNKNOWN_MEMBER_ID, member: undefined }
  const found = findMember(group, identity)
  if (found.member && generationId !== group.generationId) {
    return { errorCode: ErrorCode.ILLEGAL_GENERATION, member: undefined }
  }
  return found
}
