/** Configurations of brokers, their loggers, groups and client metrics, with kafka-configs and kafka-client-metrics. */
import { expect, test } from 'vitest'
import { type KafkaTool, kafkaTool } from '../support/java.ts'
import { suite } from '../support/requirements.ts'
import { uniqueName, useCluster } from './cluster-under-test.ts'

suite('configurations of brokers, groups and client metrics', ['java'], () => {
  const cluster = useCluster({ brokers: 1 })

  test('a group gets, shows and loses a configuration', async () => {
    const group = uniqueName('group')
    const before = await configs('groups', group, ['--describe', '--all'])
    expect(before).toContain('share.session.timeout.ms=45000 sensitive=false')
    expect(before).toContain('share.auto.offset.reset=latest sensitive=false')
    const set = ['--alter', '--add-config', 'share.session.timeout.ms=50000,share.auto.offset.reset=earliest']
    expect(await configs('groups', group, set)).toContain(`Completed updating config for group ${group}.`)
    const after = await configs('groups', group, ['--describe'])
    expect(after).toContain(
      'share.session.timeout.ms=50000 sensitive=false synonyms={DYNAMIC_GROUP_CONFIG:share.session.timeout.ms=50000',
    )
    expect(after).toContain('share.auto.offset.reset=earliest')
    expect(after).not.toContain('streams.num.standby.replicas')
    expect(await configs('groups', undefined, ['--describe'])).toContain(
      `Dynamic configs for group ${group} are:`,
    )
    await configs('groups', group, [
      '--alter',
      '--delete-config',
      'share.session.timeout.ms,share.auto.offset.reset',
    ])
    expect(await configs('groups', undefined, ['--describe'])).not.toContain(group)
  })

  test.each([
    ['nonsense=1', 'Unknown group config name: nonsense'],
    ['share.session.timeout.ms=1', 'share.session.timeout.ms'],
    ['share.heartbeat.interval.ms=x', 'Not a number of type INT'],
    ['share.auto.offset.reset=tomorrow', 'share.auto.offset.reset'],
    ['share.heartbeat.interval.ms=0', 'Value must be at least 1'],
    [
      'consumer.heartbeat.interval.ms=15001',
      'consumer.heartbeat.interval.ms must be less than or equal to group.consumer.max.heartbeat.interval.ms',
    ],
    [
      'streams.num.standby.replicas=3',
      'streams.num.standby.replicas must be less than or equal to group.streams.max.standby.replicas',
    ],
  ])('a group may not have %s', async (config, reason) => {
    const group = uniqueName('group')
    expect(await refused('groups', group, config)).toContain(reason)
    expect(await configs('groups', undefined, ['--describe'])).not.toContain(group)
  })

  test('the level of a logger is set, shown, and goes back to that of root', async () => {
    const level = async () => {
      const described = await configs('broker-loggers', '1', ['--describe'])
      return /^ *kafka\.server\.ReplicaManager=(\w+) sensitive=false/m.exec(described)?.[1]
    }
    const before = await level()
    const change = ['--alter', '--add-config', 'kafka.server.ReplicaManager=FATAL']
    const told = await configs('broker-loggers', '1', change)
    expect(told).toContain('Completed updating config for broker-logger 1.')
    expect(await level()).toBe('FATAL')
    await configs('broker-loggers', '1', ['--alter', '--delete-config', 'kafka.server.ReplicaManager'])
    expect(await level()).toBe(before)
  })

  test.each([
    ['1', 'kafka.Nobody=INFO', 'Invalid broker logger(s): kafka.Nobody'],
    ['1', 'kafka.server.ReplicaManager=LOUD', 'as it is not a supported log level'],
  ])('a logger of broker %s may not have %s', async (broker, config, reason) => {
    expect(await refused('broker-loggers', broker, config)).toContain(reason)
  })

  test.each([
    ['max.connections.per.ip', '100'],
    ['max.connections', '1000'],
    ['max.connection.creation.rate', '500'],
    ['producer.id.expiration.ms', '3600000'],
    ['transaction.partition.verification.enable', 'false'],
    ['log.cleaner.backoff.ms', '5000'],
    ['log.cleaner.io.max.bytes.per.second', '1000000.0'],
    ['group.share.assignment.interval.ms', '500'],
  ])('%s is changed while brokers run', async (name, value) => {
    const forAll = ['--entity-type', 'brokers', '--entity-default', '--alter']
    await succeeds('kafka-configs', [...forAll, '--add-config', `${name}=${value}`])
    expect(await configs('brokers', '1', ['--describe', '--all'])).toContain(
      `${name}=${value} sensitive=false synonyms={DYNAMIC_DEFAULT_BROKER_CONFIG:${name}=${value}`,
    )
    await succeeds('kafka-configs', [...forAll, '--delete-config', name])
    expect(await configs('brokers', '1', ['--describe', '--all'])).not.toContain(`${name}=${value} sensitive`)
  })

  test.each([
    ['group.consumer.assignment.interval.ms=15001', 'group.consumer.max.assignment.interval.ms'],
    ['max.connections.per.ip=-1', 'Value must be at least 0'],
  ])('a broker may not have %s', async (config, reason) => {
    expect(await refused('brokers', '1', config)).toContain(reason)
  })

  test('SCRAM credentials of users are set, described without their secrets, and removed', async () => {
    const user = uniqueName('user')
    const users = (args: string[]) => configs('users', user, args)
    const set = ['--alter', '--add-config']
    expect(await users([...set, 'SCRAM-SHA-256=[iterations=8192,password=secret]'])).toContain('Completed')
    expect(await users([...set, 'SCRAM-SHA-512=[password=secret]'])).toContain('Completed')
    expect(await users(['--describe'])).toContain(
      `SCRAM credential configs for user-principal '${user}' are SCRAM-SHA-256=iterations=8192, SCRAM-SHA-512=iterations=4096`,
    )
    expect(await configs('users', undefined, ['--describe'])).toContain(`'${user}' are SCRAM-SHA-256=`)
    await users(['--alter', '--delete-config', 'SCRAM-SHA-256'])
    expect(await users(['--describe'])).toContain(`'${user}' are SCRAM-SHA-512=iterations=4096`)
    expect(await refused('users', user, 'SCRAM-SHA-256=[iterations=20000,password=secret]')).toContain(
      'Too many iterations',
    )
  })

  test('a subscription to client metrics is made, listed, described and removed', async () => {
    const name = uniqueName('metrics')
    await metrics([
      '--alter',
      '--name',
      name,
      '--metrics',
      'org.apache.kafka.producer.',
      '--interval',
      '10000',
      '--match',
      'client_id=app-.*',
    ])
    expect(await metrics(['--list'])).toContain(name)
    const described = await metrics(['--describe', '--name', name])
    for (const part of [
      'interval.ms=10000',
      'match=client_id=app-.*',
      'metrics=org.apache.kafka.producer.',
    ]) {
      expect(described).toContain(part)
    }
    expect(await configs('client-metrics', name, ['--describe'])).toContain('interval.ms=10000')
    await metrics(['--delete', '--name', name])
    expect(await metrics(['--list'])).not.toContain(name)
  })

  test.each([
    ['interval.ms=10', 'interval must be between 100 and 3600000 (1 hour)'],
    ['nonsense=1', 'Unknown client metrics configuration: nonsense'],
    ['match=[nobody=x]', 'Illegal client matching pattern'],
  ])('a subscription may not have %s', async (config, reason) => {
    expect(await refused('client-metrics', uniqueName('metrics'), config)).toContain(reason)
  })

  async function configs(type: string, name: string | undefined, args: string[]): Promise<string> {
    const entity = name === undefined ? [] : ['--entity-name', name]
    return await succeeds('kafka-configs', ['--entity-type', type, ...entity, ...args])
  }

  function metrics(args: string[]): Promise<string> {
    return succeeds('kafka-client-metrics', args)
  }

  async function refused(type: string, name: string, config: string): Promise<string> {
    const args = ['--entity-type', type, '--entity-name', name, '--alter', '--add-config', config]
    const outcome = await kafkaTool('kafka-configs', ['--bootstrap-server', cluster().bootstrap, ...args])
    expect(outcome.exitCode).not.toBe(0)
    return outcome.output
  }

  async function succeeds(tool: KafkaTool, args: string[]): Promise<string> {
    const outcome = await kafkaTool(tool, ['--bootstrap-server', cluster().bootstrap, ...args])
    expect(outcome.exitCode, outcome.output).toBe(0)
    return outcome.stdout
  }
})
