/**
 * The topics in a consumer's subscription: the head of Kafka's ConsumerProtocolSubscription, which is the
 * same in all its versions: int16 version, array of topic names. What follows is the assignors' own business.
 * Null if the bytes are something else: then nobody may conclude that a topic is not subscribed.
 */
export function subscribedTopics(subscription: Buffer): string[] | null {
  if (subscription.length < 6) return null
  const count = subscription.readInt32BE(2)
  let position = 6
  if (count < 0 || count * 2 > subscription.length - position) return null
  const topics: string[] = []
  for (let index = 0; index < count; index++) {
    if (position + 2 > subscription.length) return null
    const start = position + 2
    const end = start + subscription.readInt16BE(position)
    if (end < start || end > subscription.length) return null
    topics.push(subscription.toString('utf8', start, end))
    position = end
  }
  return topics
}
