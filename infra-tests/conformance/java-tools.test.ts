/**
 * Options of Kafka's tools that no other suite uses. A row is one command, and what Apache Kafka 4.3 makes it say.
 * All of them look at the topic `orders`, with thirty records in partition 0, or change a topic or group of their own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startChild, stopChild } from '../support/child.ts'
import { type KafkaTool, kafkaTool, kafkaToolCommand } from '../support/java.ts'
import { mustRun } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { useCluster } from './cluster-under-test.ts'

type Row = readonly [tool: KafkaTool, args: string, shows: RegExp, options?: { input?: string; fails?: true }]

const look: readonly Row[] = [
  ['kafka-cluster', 'cluster-id', /^Cluster ID: [\w-]{22}$/m],
  ['kafka-cluster', 'list-endpoints', /^2 +127\.0\.0\.1 +\d+ +us-east-1b +unfenced +broker/m],
  ['kafka-cluster', 'unregister --id 99', /BrokerIdNotRegisteredException/, { fails: true }],
  ['kafka-metadata-quorum', 'describe --status', /^LeaderId: +\d\n(.*\n)*HighWatermark: +\d+\n/m],
  ['kafka-metadata-quorum', 'describe --replication', /^\d+\s+\S{22}\s+\d+\s+0\s+\d+\s+\d+\s+Leader/m],
  ['kafka-acls', '--list', /SecurityDisabledException: No Authorizer is configured/, { fails: true }],
  [
    'kafka-acls',
    '--add --allow-principal User:alice --operation Read --topic orders',
    /SecurityDisabledException: No Authorizer is configured/,
    { fails: true },
  ],
  [
    'kafka-acls',
    '--remove --force --allow-principal User:alice --operation Read --topic orders',
    /SecurityDisabledException: No Authorizer is configured/,
    { fails: true },
  ],
  ['kafka-groups', '--list', /^kept +Classic +/m],
  ['kafka-consumer-groups', '--list --state', /^kept +Empty/m],
  ['kafka-consumer-groups', '--list --state empty --type classic', /^kept +Classic +Empty/m],
  ['kafka-consumer-groups', '--describe --all-groups', /^kept +orders +0 +10 +30 +20 +- +- +-/m],
  ['kafka-consumer-groups', '--describe --group kept --state', /^kept +\S+:\d+ +\(\d\) +.*Empty +.*0/m],
  [
    'kafka-consumer-groups',
    '--describe --group kept --members --verbose',
    /Consumer group 'kept' has no active members\./,
  ],
  ['kafka-get-offsets', '--topic orders', /^orders:0:30\norders:1:0$/m],
  ['kafka-get-offsets', '--topic-partitions orders:0 --time max-timestamp', /^orders:0:\d+$/m],
  ['kafka-get-offsets', '--topic ord.* --partitions 1 --time earliest', /^orders:1:0$/m],
  ['kafka-get-offsets', '--topic-partitions orders:0 --time earliest-local', /^orders:0:0$/m],
  ['kafka-log-dirs', '--describe --broker-list 2', /"broker":2,.*"orders-0"/],
  ['kafka-topics', '--list --exclude-internal', /^(?![\s\S]*__consumer_offsets)[\s\S]*^orders$/m],
  ['kafka-topics', '--describe --topic ord.*', /ReplicationFactor: 3\s+Configs: .*min\.insync\.replicas=2/],
  ['kafka-topics', '--describe --topic __consumer_offsets', /PartitionCount: 50\s.*cleanup\.policy=compact/],
  ['kafka-topics', '--describe --topics-with-overrides', /^Topic: orders\s/m],
  ['kafka-topics', '--describe --under-replicated-partitions', /^$/],
  ['kafka-topics', '--describe --at-min-isr-partitions', /^(?![\s\S]*orders)/],
  [
    'kafka-configs',
    '--describe --entity-type brokers --entity-name 1 --all',
    /^ *num\.partitions=1 .*DEFAULT_CONFIG:num\.partitions=1/m,
  ],
  ['kafka-leader-election', '--election-type preferred --topic orders --partition 0', /already elected/],
  ['kafka-reassign-partitions', '--list', /^No partition reassignments found\./m],
  [
    'kafka-e2e-latency',
    '--topic latency --num-records 50 --producer-acks all --record-size 20',
    /Avg latency/,
  ],
  [
    'kafka-console-consumer',
    '--topic orders --partition 0 --offset 28 --max-messages 2 --timeout-ms 20000',
    /^29\n30$/m,
  ],
  [
    'kafka-console-consumer',
    '--include ord.* --from-beginning --isolation-level read_committed --max-messages 1 --timeout-ms 20000 ' +
      '--formatter-property print.timestamp=true --formatter-property print.partition=true ' +
      '--formatter-property print.offset=true --formatter-property print.headers=true',
    /^CreateTime:\d+\tPartition:0\tOffset:0\torigin:test\t1$/m,
  ],
]

const change: readonly Row[] = [
  ['kafka-topics', '--create --topic mine --partitions 2', /Created topic mine\./],
  [
    'kafka-console-producer',
    '--topic mine --message-send-max-retries 50 --request-timeout-ms 5000 --sync --reader-property ' +
      'parse.headers=true --reader-property headers.delimiter=|',
    /^>*$/,
    { input: 'a:1|one\nb:2|two\n' },
  ],
  ['kafka-consumer-groups', `${reset('--to-offset 1')} --execute`, /^moved +mine +\d +[01]/m],
  ['kafka-consumer-groups', `${reset('--shift-by -1')} --execute`, /^moved +mine +0 +0/m],
  ['kafka-consumer-groups', `${reset('--by-duration PT1H')} --dry-run`, /^moved +mine +0 +0/m],
  [
    'kafka-consumer-groups',
    `${reset('--to-datetime 2000-01-01T00:00:00.000')} --execute`,
    /^moved +mine +1 +0/m,
  ],
  ['kafka-consumer-groups', `${reset('--to-current')} --export`, /^"?mine"?,1,0$/m],
  [
    'kafka-consumer-groups',
    '--reset-offsets --group moved --from-file FOLDER/offsets.csv --execute',
    /^moved +mine +0 +0/m,
  ],
  [
    'kafka-configs',
    '--alter --entity-type topics --entity-name mine --add-config-file FOLDER/topic',
    /Completed/,
  ],
  ['kafka-configs', '--describe --entity-type topics --entity-name mine', /segment\.bytes=1048576/],
  [
    'kafka-configs',
    '--alter --entity-type topics --entity-name mine --add-config retention.ms=abc',
    /Invalid value abc for configuration retention\.ms: Not a number of type LONG/,
    { fails: true },
  ],
  [
    'kafka-configs',
    '--alter --entity-type brokers --entity-default --add-config log.retention.ms=3600000',
    /Completed updating default config for brokers in the cluster/,
  ],
  [
    'kafka-configs',
    '--describe --entity-type brokers --entity-default',
    /log\.retention\.ms=3600000 .*DYNAMIC_DEFAULT_BROKER_CONFIG/,
  ],
  [
    'kafka-reassign-partitions',
    '--generate --topics-to-move-json-file FOLDER/move.json --broker-list 1,2',
    /Proposed partition reassignment configuration\n\{.*"mine","partition":0,"replicas":\[[12]\]/,
  ],
  [
    'kafka-reassign-partitions',
    '--cancel --reassignment-json-file FOLDER/plan.json',
    /None of the specified partition moves are active/,
  ],
  [
    'kafka-leader-election',
    '--election-type preferred --path-to-json-file FOLDER/elections.json',
    /Valid replica already elected for partitions mine-0/,
  ],
  ['kafka-delete-records', '--offset-json-file FOLDER/delete.json', /partition: mine-0\s+low_watermark: \d/],
  ['kafka-topics', '--delete --topic mi.e', /^$/],
]

suite("options of Kafka's tools", ['java', 'kcat'], () => {
  const cluster = useCluster()
  const folder = mkdtempSync(join(tmpdir(), 'freshet-tools-'))

  beforeAll(async () => {
    const create =
      '--create --topic orders --partitions 2 --replication-factor 3 --config min.insync.replicas=2'
    await run('kafka-topics', create)
    const lines = Array.from({ length: 30 }, (_, index) => `${index + 1}\n`).join('')
    const produce = ['-P', '-b', cluster().bootstrap, '-t', 'orders', '-p', '0', '-H', 'origin=test']
    await mustRun('kcat', produce, { input: lines })
    await run(
      'kafka-consumer-groups',
      '--reset-offsets --group kept --topic orders:0 --to-offset 10 --execute',
    )
    const partitions = [{ topic: 'mine', partition: 0 }]
    const files = {
      'offsets.csv': 'mine,0,0\nmine,1,0\n',
      topic: 'segment.bytes=1048576\n',
      'move.json': JSON.stringify({ version: 1, topics: [{ topic: 'mine' }] }),
      'plan.json': JSON.stringify({ version: 1, partitions: [{ ...partitions[0], replicas: [1] }] }),
      'elections.json': JSON.stringify({ partitions }),
      'delete.json': JSON.stringify({ version: 1, partitions: [{ ...partitions[0], offset: -1 }] }),
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  for (const row of look) test.concurrent(`${row[0]} ${row[1]}`, () => check(...row))

  describe('that change something, one after the other', () => {
    for (const row of change) test(`${row[0]} ${row[1]}`, () => check(...row))
  })

  test('kafka-replica-verification finds all replicas alike', async () => {
    const brokers = ['--broker-list', cluster().bootstrap, '--topics-include', 'orders']
    const [program = '', ...args] = kafkaToolCommand('kafka-replica-verification', [
      ...brokers,
      '--report-interval-ms',
      '500',
    ])
    const child = startChild(program, args, join(folder, 'verification'))
    const verified = /max lag is 0 for partition orders-\d at offset \d+ among 2 partitions/
    try {
      await waitFor('a report', PATIENCE_MS, async () => verified.test(child.log()))
    } finally {
      await stopChild(child)
    }
  })

  test('a dead first bootstrap server is passed over', async () => {
    const listed = await kafkaTool('kafka-topics', [
      '--bootstrap-server',
      `127.0.0.1:1,${cluster().bootstrap}`,
      '--list',
    ])
    expect(listed.stdout.split('\n')).toContain('orders')
  })

  async function check(...[tool, args, shows, options = {}]: Row): Promise<void> {
    const attempt = async () => {
      const outcome = await run(tool, args.replaceAll('FOLDER', folder), options.input)
      if (!shows.test(outcome.output)) throw new Error(`not as ${shows}:\n${outcome.output}`)
      return outcome
    }
    // What was changed a moment ago is known to each broker a moment later: what only looks is asked again.
    const isLook = /^(.* )?(--)?(describe|list)/.test(args)
    const outcome = isLook ? await waitFor(`${tool} ${args}`, PATIENCE_MS, attempt) : await attempt()
    if (options.fails) expect(outcome.exitCode).not.toBe(0)
    else expect(outcome.exitCode, outcome.output).toBe(0)
  }

  function run(tool: KafkaTool, args: string, input?: string) {
    const server = ['--bootstrap-server', cluster().bootstrap]
    // This one wants to hear first what it is to do.
    const all = tool === 'kafka-cluster' ? [...args.split(' '), ...server] : [...server, ...args.split(' ')]
    return kafkaTool(tool, all, input === undefined ? {} : { input })
  }
})

function reset(to: string): string {
  return `--reset-offsets --group moved --topic mine ${to}`
}
