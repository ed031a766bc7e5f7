import { expect, test } from 'vitest'
import { clientConfig } from './client-config.ts'

test('several brokers, IPv6 among them', () => {
  const { brokers, clientId, connection } = clientConfig('kafka:9092, [::1]:9093', {}, 'me')
  expect(brokers).toEqual([
    { host: 'kafka', port: 9092 },
    { host: '::1', port: 9093 },
  ])
  expect(clientId).toBe('me')
  expect(connection.tls).toBeUndefined()
})

test.each(['kafka', 'kafka:', 'kafka:99999', ''])('"%s" is no address', (text) => {
  expect(() => clientConfig(text, {}, 'me')).toThrow('Invalid url in bootstrap.servers')
})

test('security comes from the properties of Java clients', () => {
  const properties = {
    'security.protocol': 'SASL_SSL',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'sasl.jaas.config': 'o.a.k.ScramLoginModule required username="alice" password="a\\"b";',
    'ssl.truststore.certificates': 'PEM',
    'ssl.endpoint.identification.algorithm': '',
  }
  const { connection } = clientConfig('kafka:9092', properties, 'me')
  expect(connection.sasl).toEqual({ mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'a"b' })
  expect(connection.tls).toMatchObject({ ca: 'PEM' })
  expect(connection.tls).toHaveProperty('checkServerIdentity')
})

test.each([
  [{ 'security.protocol': 'TELNET' }, 'security.protocol'],
  [{ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'GSSAPI' }, 'sasl.mechanism'],
  [{ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN' }, 'sasl.jaas.config'],
  [{ 'security.protocol': 'SSL', 'ssl.truststore.location': 'x.jks' }, 'ssl.truststore.type'],
  [{ 'request.timeout.ms': 'soon' }, 'request.timeout.ms'],
])('%j is refused by name', (properties, name) => {
  expect(() => clientConfig('kafka:9092', properties, 'me')).toThrow(name)
})
