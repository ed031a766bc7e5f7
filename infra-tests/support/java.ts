/** Apache Kafka's own tools by the names of their scripts, in JVMs that start fast and stay small. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { KAFKA_VERSION, kafkaJars } from '../tools/kafka-jars.ts'
import { type Outcome, type RunOptions, runProgram } from './programs.ts'
import { type HostOptions, ToolHosts } from './tool-hosts.ts'

const tools = 'org.apache.kafka.tools'

const mainClasses = {
  'kafka-reassign-partitions': 'org.apache.kafka.tools.reassign.ReassignPartitionsCommand',
  'kafka-topics': `${tools}.TopicCommand`,
  'kafka-console-producer': `${tools}.ConsoleProducer`,
  'kafka-console-consumer': `${tools}.consumer.ConsoleConsumer`,
  'kafka-consumer-groups': `${tools}.consumer.group.ConsumerGroupCommand`,
  'kafka-share-groups': `${tools}.consumer.group.ShareGroupCommand`,
  'kafka-console-share-consumer': `${tools}.consumer.ConsoleShareConsumer`,
  'kafka-share-consumer-perf-test': `${tools}.ShareConsumerPerformance`,
  'kafka-verifiable-share-consumer': `${tools}.VerifiableShareConsumer`,
  'kafka-streams-groups': `${tools}.streams.StreamsGroupCommand`,
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-client-metrics': `${tools}.ClientMetricsCommand`,
  'kafka-get-offsets': `${tools}.GetOffsetShell`,
  'kafka-delete-records': `${tools}.DeleteRecordsCommand`,
  'kafka-log-dirs': `${tools}.LogDirsCommand`,
  'kafka-broker-api-versions': `${tools}.BrokerApiVersionsCommand`,
  'kafka-verifiable-producer': `${tools}.VerifiableProducer`,
  'kafka-producer-perf-test': `${tools}.ProducerPerformance`,
  'kafka-consumer-perf-test': `${tools}.ConsumerPerformance`,
  'kafka-verifiable-consumer': `${tools}.VerifiableConsumer`,
  'kafka-dump-log': `${tools}.DumpLogSegments`,
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-transactions': `${tools}.TransactionsCommand`,
  'kafka-features': `${tools}.FeatureCommand`,
  'transactional-message-copier': `${tools}.TransactionalMessageCopier`,
  'kafka-streams-application-reset': `${tools}.StreamsResetter`,
  'kafka-acls': `${tools}.AclCommand`,
  'kafka-cluster': `${tools}.ClusterTool`,
  'kafka-e2e-latency': `${tools}.EndToEndLatency`,
  'kafka-groups': `${tools}.GroupsCommand`,
  'kafka-leader-election': `${tools}.LeaderElectionCommand`,
  'kafka-metadata-quorum': `${tools}.MetadataQuorumCommand`,
  'kafka-replica-verification': `${tools}.ReplicaVerificationTool`,
  'connect-standalone': 'org.apache.kafka.connect.cli.ConnectStandalone',
  'connect-mirror-maker': 'org.apache.kafka.connect.mirror.MirrorMaker',
} as const

export type KafkaTool = keyof typeof mainClasses

/** Runs a tool to its end in a JVM that others have used before: what it would say when its own ends is not heard. */
export function kafkaTool(tool: KafkaTool, args: readonly string[], options?: HostOptions): Promise<Outcome> {
  return toolHosts().run(mainClasses[tool], args, { timeoutMs: 90_000, ...options })
}

/** The same for a program of ours, given as a source file of infra-tests/conformance/java. */
export function javaSource(name: string, args: readonly string[], options?: HostOptions): Promise<Outcome> {
  const file = fileURLToPath(new URL(`../conformance/java/${name}.java`, import.meta.url))
  return toolHosts().run(file, args, { timeoutMs: 120_000, ...options })
}

/** The same with a JVM for work that goes on: a tool that measures should not be what is slow. */
export function kafkaLoadTool(
  tool: KafkaTool,
  args: readonly string[],
  options?: RunOptions,
): Promise<Outcome> {
  return runProgram('java', javaArguments(mainClasses[tool], args, ['-Xmx1g']), {
    timeoutMs: 300_000,
    ...options,
  })
}

/** The command line of a tool that runs beside a test. */
export function kafkaToolCommand(tool: KafkaTool, args: readonly string[]): string[] {
  return ['java', ...javaArguments(mainClasses[tool], args, quickStart)]
}

/** The command line that compiles and runs one of our own programs for Kafka's clients. */
export function javaSourceCommand(file: string, args: readonly string[]): string[] {
  return ['java', ...javaArguments(file, args, quickStart)]
}

/** The command line of Apache Kafka's broker. */
export function kafkaBrokerArguments(propertiesFile: string, heapMegabytes: number): string[] {
  const flags = [
    `-Xms${heapMegabytes}m`,
    `-Xmx${heapMegabytes}m`,
    '-XX:+UseG1GC',
    '-XX:MaxGCPauseMillis=20',
    '-XX:InitiatingHeapOccupancyPercent=35',
    '-XX:MaxInlineLevel=15',
  ]
  return javaArguments('kafka.Kafka', [propertiesFile], flags)
}

const quickStart = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']

let hosts: ToolHosts | undefined

function toolHosts(): ToolHosts {
  hosts ??= new ToolHosts(['java', ...javaArguments('ToolHost', [], quickStart, [compiledToolHost()])])
  return hosts
}

/** The folder with the class files of ToolHost, which are made when its source has changed. */
function compiledToolHost(): string {
  const source = fileURLToPath(new URL('java/ToolHost.java', import.meta.url))
  const key = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)
  const folder = join(cacheFolder, `tool-host-${key}`)
  if (existsSync(folder)) return folder
  const partial = `${folder}.${process.pid}`
  const clients = join(kafkaLibraries(), `kafka-clients-${KAFKA_VERSION}.jar`)
  const compiler = ['-m', 'jdk.compiler/com.sun.tools.javac.Main', '-d', partial, '-cp']
  const made = spawnSync('java', [...compiler, clients, source], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`cannot compile ToolHost.java:\n${made.stderr}`)
  // Somebody else may have been faster.
  if (existsSync(folder)) rmSync(partial, { recursive: true })
  else renameSync(partial, folder)
  return folder
}

function javaArguments(
  mainClass: string,
  args: readonly string[],
  flags: readonly string[],
  folders: readonly string[] = [],
): string[] {
  const sharing = flags === quickStart ? sharedClasses() : []
  return [...flags, ...sharing, ...classPath(folders), mainClass, ...args]
}

/** Folders come last: the archive of shared classes wants the same beginning of the path. */
function classPath(folders: readonly string[] = []): string[] {
  return ['-Djava.awt.headless=true', '-cp', [`${kafkaLibraries()}/*`, ...folders].join(':')]
}

/**
 * An archive of the classes that every tool loads, made once per folder of jars: a tool then starts in half the time.
 * A JVM that cannot use it goes on without.
 */
function sharedClasses(): string[] {
  const key = createHash('sha256').update(kafkaLibraries()).digest('hex').slice(0, 12)
  const archive = join(cacheFolder, `tools-${key}.jsa`)
  if (!existsSync(archive)) {
    mkdirSync(cacheFolder, { recursive: true })
    const partial = `${archive}.${process.pid}`
    const archiving = ['-Xlog:disable', `-XX:ArchiveClassesAtExit=${partial}`, ...classPath()]
    const impatient = join(cacheFolder, 'impatient.properties')
    writeFileSync(impatient, 'request.timeout.ms=500\ndefault.api.timeout.ms=600\n')
    // Nobody listens there: the tool loads the whole client, tries, and gives up.
    const task = ['--bootstrap-server', '127.0.0.1:1', '--list', '--command-config', impatient]
    spawnSync('java', [...quickStart, ...archiving, mainClasses['kafka-topics'], ...task])
    if (!existsSync(partial)) return []
    renameSync(partial, archive)
  }
  return ['-Xshare:auto', '-Xlog:disable', `-XX:SharedArchiveFile=${archive}`]
}

const cacheFolder = join(import.meta.dirname, '..', '..', '.cache', 'java')

/** The folder with Kafka's jars; throws what is missing. */
export function kafkaLibraries(): string {
  jars ??= kafkaJars()
  if ('missing' in jars) throw new Error(jars.missing)
  return jars.folder
}

let jars: ReturnType<typeof kafkaJars> | undefined
