/** What behaves otherwise than in Apache Kafka, and why. Written by hand; everything else of the page is read from the code. */
export interface Difference {
  readonly about: string
  readonly here: string
  readonly why: string
}

export const differences: readonly Difference[] = [
  {
    about: 'Compressed batches',
    here:
      'are decompressed on produce only where the topic asks for it (`compression.type`, `cleanup.policy=compact`, ' +
      '`message.timestamp.before.max.ms`); otherwise their header is checked, not their records',
    why: 'it is most of what Kafka spends on a compressed produce; a broken batch harms only who wrote it',
  },
  {
    about: 'Compressed batches',
    here: 'that come to more than 100 MiB are refused with INVALID_RECORD where they must be decompressed',
    why: 'a bomb must not cost the memory of the broker',
  },
  {
    about: '`compression.lz4.level`',
    here: 'other levels than 9 are refused',
    why: 'the lz4 library has one level',
  },
  {
    about: '`preallocate`, `log.preallocate`',
    here: '`true` is refused',
    why: 'a sparse file, which is what Kafka makes on Linux, was measured to gain nothing',
  },
  {
    about: 'Offset deltas of records',
    here: 'must count up from 0 in a batch that is looked into; Kafka assigns them anew',
    why: 'no client sends anything else, and assigning means rewriting the batch',
  },
  {
    about: 'Log cleaner',
    here:
      'works in slices on the event loop, one log at a time (`log.cleaner.threads` does not exist), with memory for the ' +
      'keys that there are, up to `log.cleaner.dedupe.buffer.size`; a log that could not be cleaned is tried again ' +
      'after ten minutes, in Kafka after a restart',
    why: 'an idle broker costs nothing, and no client waits for a cleaning',
  },
  {
    about: 'Segments of a compacted log',
    here: 'end with the batch that ended them before they were cleaned, if only with its empty header',
    why: 'recovery can tell what was compacted away from what a power loss took',
  },
  {
    about: 'BROKER_LOGGER',
    here: 'has 15 loggers, one per part of the broker, under names that Kafka has too; no message is finer than DEBUG',
    why: 'there are no classes of Java; what is set for a class of Kafka that has no part here is refused, not ignored',
  },
  {
    about: 'GetTelemetrySubscriptions, PushTelemetry',
    here:
      'are offered where metrics can be read (`freshet.metrics.listener`), in Kafka where a plugin takes them; what clients ' +
      'push is served to Prometheus at `/client-metrics`, as sums since the start of the client instead of deltas',
    why: 'an operator has Prometheus already; a sum that was not read, or a push that was lost, loses nothing',
  },
  {
    about: '`match` of client metrics subscriptions',
    here: 'takes regular expressions of RE2, without lookaround and backreferences',
    why: 'no expression takes more than linear time',
  },
  {
    about: '`listeners`, `advertised.listeners`, `listener.security.protocol.map`',
    here: 'are set at the start of a broker only',
    why: 'a rolling restart, as the control plane does it, changes them without a pause of the cluster',
  },
  {
    about: 'Cluster metadata',
    here: 'is a log in the coordination store; there is no `__cluster_metadata` on the disk, and no quorum to vote in',
    why: 'the store does what KRaft does: architecture.md says why',
  },
  {
    about: 'Documentation of configurations',
    here: 'is one sentence of our own, in DescribeConfigs and below',
    why: 'it says what the configuration does here',
  },
  {
    about: 'AlterUserScramCredentials',
    here: 'changes several mechanisms of a user in one request, which Kafka refuses with DUPLICATE_RESOURCE',
    why: 'one command of `kafka-configs.sh` sets up a user with both',
  },
  {
    about: 'UnregisterBroker',
    here: 'of a broker that runs: it registers anew with its next heartbeat; in Kafka it stays out until it is restarted',
    why: 'who takes a broker away stops it first; a mistake does not cost a replica for long',
  },
  {
    about: 'Groups that have nothing but committed offsets',
    here: "are gone with their last offset, in Kafka with its coordinator's next look for expired ones",
    why: 'nothing of them is kept in the log',
  },
  {
    about: 'Features',
    here:
      '`metadata.version` has the one level 30, that of Kafka 4.3; `kraft.version` and ' +
      '`eligible.leader.replicas.version` do not exist',
    why: 'there is no quorum of controllers, and eligible leader replicas are always kept',
  },
  {
    about: 'ListOffsets -4, -5, -6',
    here: 'answer as Kafka does without tiered storage: the start of the log, and -1',
    why: 'there is no tiered storage yet',
  },
]
