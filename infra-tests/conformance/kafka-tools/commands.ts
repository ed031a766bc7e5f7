/**
 * The commands that both are given. Blanks separate words, `~` is one inside of a word, `%` the name that is another one
 * for each, `@` the folder of files.
 */
import type { KafkaTool } from '../../support/java.ts'

export interface RowOptions {
  readonly input?: string
  /** Kafka prints these lines in the order of a hash table. */
  readonly unordered?: true
  /** Which brokers were chosen is chance. */
  readonly anyBroker?: true
}

export type Row = readonly [tool: KafkaTool, args: string, options?: RowOptions]

export const topics: readonly Row[] = [
  ['kafka-topics', '--create --topic %'],
  ['kafka-topics', '--create --topic %'],
  ['kafka-topics', '--create --topic % --if-not-exists'],
  ['kafka-topics', '--describe --topic %', { anyBroker: true }],
  [
    'kafka-topics',
    '--create --topic hello.% --partitions 3 --replication-factor 1 --config retention.ms=172800000',
  ],
  ['kafka-topics', '--describe --topic hello.%', { anyBroker: true }],
  ['kafka-topics', '--describe --topic hello.% --topics-with-overrides'],
  ['kafka-topics', '--describe --topic hello.% --at-min-isr-partitions', { anyBroker: true }],
  ['kafka-topics', '--describe --topic hello.% --under-replicated-partitions'],
  ['kafka-topics', '--describe --topic .*% --exclude-internal', { unordered: true, anyBroker: true }],
  ['kafka-topics', '--topic hello.% --alter --partitions 4'],
  ['kafka-topics', '--topic hello.% --alter --partitions 2'],
  ['kafka-topics', '--describe --topic hello.% --partition-size-limit-per-response 2', { anyBroker: true }],
  ['kafka-topics', '--list --topic .*%'],
  ['kafka-topics', '--list --topic hello.%|% --command-config @/client.properties'],
  ['kafka-topics', '--create --topic copies.% --replica-assignment 1:2,2:3'],
  ['kafka-topics', '--describe --topic copies.%'],
  ['kafka-topics', '--alter --topic copies.% --partitions 3 --replica-assignment 1:2,2:3,3:1'],
  ['kafka-topics', '--describe --topic copies.%'],
  ['kafka-topics', '--create --topic wide.% --replication-factor 4'],
  ['kafka-topics', '--create --topic wide.% --partitions 0'],
  ['kafka-topics', '--create --topic wide.% --replication-factor 0'],
  ['kafka-topics', '--create --topic wide.% --replica-assignment 1:1'],
  ['kafka-topics', '--create --topic wide.% --config retention.ms'],
  ['kafka-topics', '--create --topic a~b'],
  ['kafka-topics', '--create --topic ..'],
  ['kafka-topics', '--describe --topic none'],
  ['kafka-topics', '--describe --topic none --if-exists'],
  ['kafka-topics', '--describe --topic-id AAAAAAAAAAAAAAAAAAAAAQ'],
  ['kafka-topics', '--delete --topic %'],
  ['kafka-topics', '--delete --topic none'],
  ['kafka-topics', '--delete --topic none --if-exists'],
]

export const configs: readonly Row[] = [
  ['kafka-topics', '--create --topic configured.%'],
  ['kafka-configs', '--entity-type topics --entity-name configured.% --describe'],
  [
    'kafka-configs',
    '--entity-type topics --entity-name configured.% --alter --add-config retention.ms=86400000',
  ],
  ['kafka-configs', '--entity-type topics --entity-name configured.% --describe'],
  ['kafka-configs', '--topic configured.% --describe --all'],
  ['kafka-configs', '--topic configured.% --alter --add-config-file @/topic.properties'],
  [
    'kafka-configs',
    '--topic configured.% --alter --add-config cleanup.policy=[compact,delete],segment.bytes=1048576',
  ],
  ['kafka-configs', '--topic configured.% --describe'],
  ['kafka-configs', '--topic configured.% --alter --delete-config retention.ms,segment.bytes'],
  ['kafka-configs', '--topic configured.% --alter --delete-config retention.ms'],
  ['kafka-configs', '--topic configured.% --alter --add-config retention.ms=abc'],
  ['kafka-configs', '--topic configured.% --alter --add-config no.such.key=1'],
  ['kafka-configs', '--topic none --describe'],
  ['kafka-configs', '--topic none --alter --add-config retention.ms=1'],
  ['kafka-configs', '--entity-type brokers --entity-name 1 --describe'],
  ['kafka-configs', '--entity-type brokers --entity-name 9 --describe'],
  ['kafka-configs', '--entity-type brokers --entity-default --describe'],
  ['kafka-configs', '--broker-defaults --alter --add-config log.retention.ms=3600000'],
  ['kafka-configs', '--entity-type brokers --describe', { unordered: true }],
  ['kafka-configs', '--broker-defaults --alter --delete-config log.retention.ms'],
  [
    'kafka-configs',
    '--user % --client reader --alter --add-config producer_byte_rate=12345678,request_percentage=50',
  ],
  ['kafka-configs', '--user % --client reader --describe', { unordered: true }],
  ['kafka-configs', '--user % --client reader --alter --delete-config request_percentage'],
  ['kafka-configs', '--user % --client reader --alter --delete-config request_percentage'],
  ['kafka-configs', '--user % --client reader --describe'],
  ['kafka-configs', '--client-defaults --alter --add-config consumer_byte_rate=1000'],
  ['kafka-configs', '--client-defaults --describe'],
  ['kafka-configs', '--user % --alter --add-config no_such_quota=1'],
  ['kafka-configs', '--user % --client reader --alter --delete-config no_such_quota'],
  ['kafka-configs', '--user % --alter --add-config producer_byte_rate=fast'],
  ['kafka-configs', '--ip 127.0.0.9 --alter --add-config connection_creation_rate=1000'],
  ['kafka-configs', '--ip 127.0.0.9 --describe'],
  ['kafka-configs', '--ip 127.0.0.9 --alter --add-config producer_byte_rate=1000'],
  ['kafka-configs', '--user % --alter --add-config SCRAM-SHA-256=[iterations=8192,password=secret]'],
  ['kafka-configs', '--user % --alter --add-config SCRAM-SHA-512=[password=secret]'],
  ['kafka-configs', '--user % --describe'],
  ['kafka-configs', '--user % --alter --delete-config SCRAM-SHA-256'],
  ['kafka-configs', '--user % --describe'],
  ['kafka-configs', '--user % --alter --add-config SCRAM-SHA-256=[iterations=1,password=secret]'],
  ['kafka-configs', '--user-defaults --alter --add-config SCRAM-SHA-256=[password=secret]'],
  ['kafka-configs', '--group % --alter --add-config consumer.session.timeout.ms=50000'],
  ['kafka-configs', '--group % --describe'],
  ['kafka-configs', '--group none --describe'],
]

const keyed = '--reader-property parse.key=true --reader-property key.separator=:'
const all = '--from-beginning --timeout-ms 20000'

export const records: readonly Row[] = [
  ['kafka-topics', '--create --topic records.% --partitions 3'],
  ['kafka-console-producer', `--topic records.% ${keyed}`, { input: 'key1:no1\nkey2:no2\nkey3:no3\n' }],
  ['kafka-console-producer', `--topic records.% ${keyed}`, { input: 'no separator here\n' }],
  ['kafka-console-producer', '--topic records.% --property parse.key=true', { input: 'key4\tno4\n' }],
  [
    'kafka-console-consumer',
    `--topic records.% ${all} --max-messages 4 --formatter-property print.key=true ` +
      '--formatter-property print.partition=true --formatter-property key.separator=-',
    { unordered: true },
  ],
  [
    'kafka-console-consumer',
    `--topic records.% --partition 0 ${all} --max-messages 1 --property print.key=true`,
  ],
  ['kafka-topics', '--create --topic written.%'],
  [
    'kafka-console-producer',
    '--topic written.% --reader-property parse.headers=true --reader-property null.marker=NULL --sync',
    { input: 'a:1,b:NULL\tone\nc:3\tNULL\nNULL\tthree\n' },
  ],
  ['kafka-console-producer', '--topic written.% --request-required-acks 0', { input: 'four\n' }],
  [
    'kafka-console-producer',
    '--topic written.% --request-required-acks 1 --compression-codec',
    { input: 'fünf\n' },
  ],
  [
    'kafka-console-producer',
    '--topic written.% --compression-codec lz4 --batch-size 10',
    { input: 'a\n\nb\n' },
  ],
  [
    'kafka-console-producer',
    '--topic written.% --compression-codec zstd --message-send-max-retries 50',
    { input: 'last' },
  ],
  [
    'kafka-console-consumer',
    `--topic written.% ${all} --max-messages 9 --formatter-property print.headers=true ` +
      '--formatter-property print.offset=true --formatter-property print.key=true',
  ],
  ['kafka-console-consumer', `--include wri.*% ${all} --max-messages 2`],
  ['kafka-console-consumer', '--topic written.% --partition 0 --offset 7 --max-messages 1'],
  [
    'kafka-console-consumer',
    `--topic written.% --partition 0 ${all} --max-messages 1 --isolation-level read_committed`,
  ],
  [
    'kafka-console-consumer',
    `--topic written.% ${all} --max-messages 1 --value-deserializer org.apache.kafka.common.serialization.IntegerDeserializer`,
  ],
]

export const groups: readonly Row[] = [
  ['kafka-topics', '--create --topic grouped.%'],
  ['kafka-console-producer', '--topic grouped.%', { input: '1\n2\n3\n4\n5\n' }],
  ['kafka-console-consumer', `--topic grouped.% --group % ${all} --max-messages 3`],
  ['kafka-consumer-groups', '--describe --group %'],
  ['kafka-consumer-groups', '--describe --group % --offsets --verbose'],
  ['kafka-consumer-groups', '--describe --group % --members'],
  ['kafka-consumer-groups', '--describe --group % --members --verbose'],
  ['kafka-consumer-groups', '--describe --group % --state', { anyBroker: true }],
  ['kafka-consumer-groups', '--describe --group % --state --verbose', { anyBroker: true }],
  ['kafka-console-consumer', `--topic grouped.% --group % ${all} --max-messages 2`],
  ['kafka-consumer-groups', '--describe --group %'],
  ['kafka-consumer-groups', '--group % --topic grouped.% --reset-offsets --to-earliest'],
  ['kafka-consumer-groups', '--group % --topic grouped.% --reset-offsets --to-earliest --execute'],
  ['kafka-consumer-groups', '--group % --topic grouped.%:0 --reset-offsets --shift-by 2 --execute'],
  ['kafka-consumer-groups', '--group % --all-topics --reset-offsets --to-offset 99 --dry-run'],
  [
    'kafka-consumer-groups',
    '--group % --all-topics --reset-offsets --to-datetime 2100-01-01T00:00:00.000 --dry-run',
  ],
  ['kafka-consumer-groups', '--group % --all-topics --reset-offsets --by-duration PT1H --dry-run'],
  ['kafka-consumer-groups', '--group % --all-topics --reset-offsets --to-current --export --dry-run'],
  ['kafka-consumer-groups', '--group % --all-topics --reset-offsets --to-latest --execute'],
  ['kafka-consumer-groups', '--group % --topic none --reset-offsets --to-latest --execute'],
  ['kafka-consumer-groups', '--group % --topic grouped.%:7 --reset-offsets --to-latest --execute'],
  ['kafka-consumer-groups', '--group % --reset-offsets --to-latest --execute'],
  ['kafka-consumer-groups', '--group % --all-topics --reset-offsets --execute'],
  ['kafka-consumer-groups', '--describe --group none'],
  ['kafka-consumer-groups', '--group % --topic grouped.% --delete-offsets'],
  ['kafka-consumer-groups', '--group none --topic grouped.% --delete-offsets'],
  ['kafka-consumer-groups', '--delete --group %'],
  ['kafka-consumer-groups', '--delete --group none'],
]

export const mistakes: readonly Row[] = [
  ['kafka-topics', '--version'],
  ['kafka-topics', '--list --no-such-option'],
  ['kafka-topics', '--list --topic'],
  ['kafka-topics', '--list --partitions x'],
  ['kafka-topics', '--create --list'],
  ['kafka-topics', '--create'],
  ['kafka-topics', '--no-server --list'],
  ['kafka-topics', '--list --if-exists'],
  ['kafka-topics', '--alter --topic x --partitions 2 --config a=b'],
  ['kafka-topics', '--list --command-config @/none'],
  ['kafka-topics', '--describe --topic x --topic y'],
  ['kafka-configs', '--describe'],
  ['kafka-configs', '--describe --alter'],
  ['kafka-configs', '--no-server --describe --entity-type topics'],
  ['kafka-configs', '--describe -- entity-type topics'],
  ['kafka-configs', '--describe --entity-type cats'],
  ['kafka-configs', '--describe --entity-type topics --entity-type topics'],
  ['kafka-configs', '--describe --topic x --entity-type topics'],
  ['kafka-configs', '--alter --topic x'],
  ['kafka-configs', '--alter --topic x --add-config a'],
  ['kafka-configs', '--alter --entity-type topics --add-config a=b'],
  ['kafka-configs', '--alter --broker x --add-config a=b'],
  ['kafka-console-producer', ''],
  ['kafka-console-producer', '--topic x --from-beginning'],
  ['kafka-console-producer', '--no-server --topic x'],
  ['kafka-console-consumer', ''],
  ['kafka-console-consumer', '--topic x --from-begining'],
  ['kafka-console-consumer', '--topic x --offset 1'],
  ['kafka-console-consumer', '--topic x --partition 0 --group g'],
  ['kafka-console-consumer', '--topic x --partition 0 --offset first'],
  ['kafka-console-consumer', '--topic x --formatter no.Such'],
  ['kafka-consumer-groups', '--no-server --list'],
  ['kafka-consumer-groups', ''],
  ['kafka-consumer-groups', '--describe'],
  ['kafka-consumer-groups', '--describe --group g --members --state'],
  ['kafka-consumer-groups', '--list --group g'],
  ['kafka-consumer-groups', '--list --members'],
  ['kafka-consumer-groups', '--list --state nonsense'],
  ['kafka-consumer-groups', '--no-server --validate-regex or.*s'],
  ['kafka-consumer-groups', '--no-server --validate-regex or(s'],
]
