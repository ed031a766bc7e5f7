import { expect, test } from 'vitest'
import { jsonLines, Loggers, type LogLine } from './logger.ts'

function recorded() {
  const lines: LogLine[] = []
  return { lines, loggers: new Loggers((line) => lines.push(line)) }
}

test('a line is JSON with its time, level, logger and fields; an error is its stack', () => {
  const written: string[] = []
  const loggers = new Loggers(
    jsonLines(
      (line) => written.push(line),
      () => 1_700_000_000_000,
    ),
  )
  const error = new Error('broken')
  loggers.get('kafka.log.LogManager').warn('a log is offline', { partition: 3, error })
  expect(written).toHaveLength(1)
  expect(JSON.parse(written[0] ?? '')).toEqual({
    time: '2023-11-14T22:13:20.000Z',
    level: 'warn',
    logger: 'kafka.log.LogManager',
    message: 'a log is offline',
    partition: 3,
    error: error.stack,
  })
  expect(written[0]).toMatch(/\n$/)
})

test('a logger goes by its own level, else by the nearest above it, else by root', () => {
  const { lines, loggers } = recorded()
  const controller = loggers.get('org.apache.kafka.controller')
  const replicas = loggers.get('kafka.server.ReplicaManager')
  const say = () => {
    lines.length = 0
    for (const logger of [controller, replicas]) {
      logger.debug('d')
      logger.info('i')
      logger.warn('w')
      logger.error('e')
    }
    return lines.map(
      ({ logger, message }) => `${logger === 'kafka.server.ReplicaManager' ? 'r' : 'c'}${message}`,
    )
  }
  expect(say()).toEqual(['ci', 'cw', 'ce', 'ri', 'rw', 're'])
  loggers.set('root', 'ERROR')
  expect(say()).toEqual(['ce', 're'])
  loggers.set('kafka', 'WARN')
  expect(say()).toEqual(['ce', 'rw', 're'])
  loggers.set('kafka.server.ReplicaManager', 'TRACE')
  expect(say()).toEqual(['ce', 'rd', 'ri', 'rw', 're'])
  loggers.unset('kafka')
  loggers.set('root', 'FATAL')
  expect(say()).toEqual(['rd', 'ri', 'rw', 're'])
  loggers.unset('kafka.server.ReplicaManager')
  expect(say()).toEqual([])
})

test('the levels that are told are those in force', () => {
  const { loggers } = recorded()
  loggers.set('org.apache.kafka', 'DEBUG')
  expect(Object.fromEntries(loggers.levels())).toMatchObject({
    root: 'INFO',
    kafka: 'INFO',
    'kafka.request.logger': 'WARN',
    'org.apache.kafka': 'DEBUG',
    'org.apache.kafka.controller': 'DEBUG',
  })
  expect(loggers.get('org.apache.kafka.controller').isDebug).toBe(true)
  expect(loggers.get('kafka.request.logger').isDebug).toBe(false)
})
