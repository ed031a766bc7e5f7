import { describe, expect, it } from 'vitest'
import { brokerConfig, ConfigError } from './broker-config.ts'
import { parseProperties } from './properties.ts'

const FILE = `
node.id=3
cluster.id=Y2x1c3RlclRlc3QtMDAwMA
freshet.coordination.url=sqlite:///data/coordination.db
listeners=PLAINTEXT://127.0.0.1:9092
log.dirs=/data/logs
`

const read = (extra = '') => brokerConfig(parseProperties(FILE + extra))

describe('properties', () => {
  it('are read as Java does', () => {
    const text = [
      '# comment',
      '! another',
      '',
      'a=1',
      'b : 2 ',
      'c 3',
      '  d\t=\t4',
      'e=',
      'f',
      'g=one,\\',
      '    two',
      'h\\ i=j\\=k',
      'l=\\u0041\\n',
      'm=C:\\\\x',
      'a=again\r',
    ].join('\n')
    expect(Object.fromEntries(parseProperties(text))).toEqual({
      a: 'again',
      b: '2 ',
      c: '3',
      d: '4',
      e: '',
      f: '',
      g: 'one,two',
      'h i': 'j=k',
      l: 'A\n',
      m: 'C:\\x',
    })
  })

  it('may end in the middle of a continued line', () => {
    expect(Object.fromEntries(parseProperties('a=1\\'))).toEqual({ a: '1' })
  })
})

describe('broker configuration', () => {
  it('is typed, and has defaults for what is not given', () => {
    const { config, warnings } = read('broker.rack=us-east-1a\nnum.partitions=4\nlog.retention.hours=1\n')
    const listener = { name: 'PLAINTEXT', securityProtocol: 'PLAINTEXT', host: '127.0.0.1', port: 9092 }
    expect(config).toMatchObject({
      nodeId: 3,
      clusterId: 'Y2x1c3RlclRlc3QtMDAwMA',
      rack: 'us-east-1a',
      listeners: [listener],
      advertisedListeners: [listener],
      logDir: '/data/logs',
      coordinationUrl: 'sqlite:///data/coordination.db',
    })
    expect(config.settings).toMatchObject({
      'num.partitions': 4,
      'default.replication.factor': 1,
      'group.initial.rebalance.delay.ms': 3000,
      'auto.create.topics.enable': true,
    })
    expect(config.staticOverrides.get('log.retention.hours')).toBe('1')
    expect(warnings).toEqual([])
  })

  it('takes the older names broker.id and log.dir', () => {
    const text = FILE.replace('node.id', 'broker.id').replace('log.dirs', 'log.dir')
    expect(brokerConfig(parseProperties(text)).config).toMatchObject({
      nodeId: 3,
      logDir: '/data/logs',
      rack: null,
    })
  })

  it('advertises what it is told, or localhost where no host is named', () => {
    const advertised = read('advertised.listeners=PLAINTEXT://[::1]:19092\n').config.advertisedListeners
    expect(advertised).toMatchObject([{ host: '::1', port: 19092 }])
    const { config, warnings } = read('listeners=PLAINTEXT://:9092\n')
    expect(config.listeners).toMatchObject([{ host: '' }])
    expect(config.advertisedListeners).toMatchObject([{ host: 'localhost' }])
    expect(warnings).toEqual(['advertised.listeners names no host: clients are told localhost'])
  })

  it('names listeners and their protocols, the one between brokers first', () => {
    const { config } = read(`
      listeners=OUTSIDE://0.0.0.0:29092,INSIDE://0.0.0.0:9092
      advertised.listeners=OUTSIDE://localhost:29092,INSIDE://kafka:9092
      listener.security.protocol.map=INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT
      inter.broker.listener.name=INSIDE`)
    expect(config.listeners.map(({ name }) => name)).toEqual(['OUTSIDE', 'INSIDE'])
    expect(config.advertisedListeners).toMatchObject([
      { name: 'INSIDE', host: 'kafka', port: 9092 },
      { name: 'OUTSIDE', host: 'localhost', port: 29092 },
    ])
  })

  it('warns of what it does not know', () => {
    expect(read('num.io.threads=8\nfoo=bar\n').warnings).toEqual([
      'num.io.threads has no effect: one event loop does all the work of a broker, without threads and without queues between them',
      'foo has no effect: it is not known here',
    ])
  })

  it.each([
    ['node.id=x', 'node.id', 'must be a whole number'],
    ['node.id=', 'node.id', 'missing'],
    ['broker.id=4', 'broker.id', 'differs from node.id: 4 and 3'],
    ['cluster.id=short', 'cluster.id', 'must be a uuid'],
    ['freshet.coordination.url=', 'freshet.coordination.url', 'missing'],
    ['freshet.coordination.url=http://x', 'freshet.coordination.url', 'must be sqlite:'],
    ['log.dirs=/a,/b', 'log.dirs', 'several are not available yet'],
    ['listeners=SSL://h:1', 'listeners', 'security protocol SSL is not available yet'],
    ['listeners=INSIDE://h:1', 'listeners', 'no security protocol is defined for listener INSIDE'],
    ['listener.security.protocol.map=INSIDE', 'listener.security.protocol.map', 'NAME:protocol'],
    ['inter.broker.listener.name=INSIDE', 'inter.broker.listener.name', 'not among the advertised'],
    ['listeners=nonsense', 'listeners', "'nonsense' is not of the form NAME://host:port"],
    ['listeners=PLAINTEXT://h:70000', 'listeners', 'is not of the form'],
    ['listeners=PLAINTEXT://a:1,PLAINTEXT://a:2', 'listeners', 'a different name'],
    ['listeners=,', 'listeners', 'at least one'],
    [
      'listeners=PLAINTEXT://0.0.0.0:1',
      'advertised.listeners',
      'cannot use the nonroutable meta-address 0.0.0.0',
    ],
    ['num.partitions=0', 'num.partitions', 'Value must be at least 1'],
    ['log.segment.bytes=abc', 'log.segment.bytes', 'Not a number of type INT'],
    ['default.replication.factor=0', 'default.replication.factor', 'Value must be at least 1'],
    ['compression.lz4.level=4', 'compression.lz4.level', 'one level only'],
  ])('refuses %s, naming the key', (line, key, reason) => {
    const failing = () => read(`${line}\n`)
    expect(failing).toThrow(ConfigError)
    expect(failing).toThrow(reason)
    expect(failing).toThrow(new RegExp(`^${key.replaceAll('.', '\\.')}: `))
  })
})
