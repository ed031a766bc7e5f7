/** Which topic names are legal, and which ones would clash. */

const MAX_LENGTH = 249

/** Why a name is illegal, in Kafka's words; undefined if it is legal. */
export function invalidTopicName(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > MAX_LENGTH) {
    return `Topic name is invalid: the length of '${name}' is longer than the max allowed length ${MAX_LENGTH}`
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return (
      `Topic name is invalid: '${name}' contains one or more characters other than ` +
      `ASCII alphanumerics, '.', '_' and '-'`
    )
  }
  return undefined
}

/** Names of metrics have `_` for `.`: topics that differ only there would be one and the same in them. */
export function normalizedTopicName(name: string): string {
  return name.replaceAll('.', '_')
}

export const OFFSETS_TOPIC = '__consumer_offsets'
export const TRANSACTIONS_TOPIC = '__transaction_state'

export const SHARE_STATE_TOPIC = '__share_group_state'

export function isInternalTopic(name: string): boolean {
  return name === OFFSETS_TOPIC || name === TRANSACTIONS_TOPIC || name === SHARE_STATE_TOPIC
}
