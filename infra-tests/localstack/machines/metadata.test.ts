import { expect, test } from 'vitest'
import { answerMetadata, givesCredentials, type InstanceFacts, type MetadataContext } from './metadata.ts'

const facts: InstanceFacts = {
  instanceId: 'i-1',
  imageId: 'ami-1',
  instanceType: 't3.small',
  privateIpAddress: '10.97.0.10',
  privateDnsName: 'ip-10-97-0-10.ec2.internal',
  zone: 'us-east-1b',
  accountId: '000000000000',
  userData: '#!/bin/sh\n',
  role: 'host-role',
  announced: { 'spot/instance-action': '{"action":"stop"}' },
}
let nowMs = 1_000_000
const context: MetadataContext = {
  secret: 'secret',
  nowMs: () => nowMs,
  credentials: {
    accessKeyId: 'key',
    secretAccessKey: 'secret',
    sessionToken: 'token',
    expiration: new Date(2_000_000),
  },
}

const TTL = 'x-aws-ec2-metadata-token-ttl-seconds'

function tokenOf(of: InstanceFacts, seconds = '60'): string {
  const request = { method: 'PUT', path: '/latest/api/token', headers: { [TTL]: seconds } }
  return answerMetadata(request, of, context).body
}

function get(path: string, of: InstanceFacts = facts, token?: string) {
  const headers = { 'x-aws-ec2-metadata-token': token ?? tokenOf(of) }
  return answerMetadata({ method: 'GET', path: `/latest/${path}`, headers }, of, context)
}

test('answers nothing without a token of this very instance that has not expired', () => {
  const bare = { method: 'GET', path: '/latest/meta-data/instance-id', headers: {} }
  expect(answerMetadata(bare, facts, context).status).toBe(401)
  const token = tokenOf(facts)
  expect(get('user-data', facts, token).status).toBe(200)
  expect(get('user-data', { ...facts, instanceId: 'i-2' }, token).status).toBe(401)
  expect(get('user-data', facts, `${token}0`).status).toBe(401)
  nowMs += 60_000
  expect(get('user-data', facts, token).status).toBe(401)
})

test('refuses tokens for longer than six hours', () => {
  for (const seconds of ['0', '21601', 'long']) expect(tokenOf(facts, seconds)).toBe('')
})

test('tells what the instance is', () => {
  expect(get('meta-data/placement/availability-zone').body).toBe('us-east-1b')
  expect(get('meta-data/placement/region').body).toBe('us-east-1')
  expect(get('meta-data/local-ipv4').body).toBe('10.97.0.10')
  expect(get('meta-data/spot/instance-action').body).toBe('{"action":"stop"}')
  expect(get('meta-data/events/recommendations/rebalance').status).toBe(404)
  expect(JSON.parse(get('dynamic/instance-identity/document').body)).toMatchObject({
    instanceId: 'i-1',
    availabilityZone: 'us-east-1b',
    privateIp: '10.97.0.10',
  })
  expect(get('meta-data/nothing').status).toBe(404)
  expect(get('user-data', { ...facts, userData: undefined }).status).toBe(404)
})

test('gives credentials of its own role, and of no other', () => {
  expect(get('meta-data/iam/security-credentials/').body).toBe('host-role')
  const path = 'meta-data/iam/security-credentials/host-role'
  const { body } = get(path)
  const isGiven = (asked: string) => givesCredentials(`/latest/${asked}`, get(asked))
  expect([path, `${path}-2`, 'meta-data/iam/security-credentials/', 'user-data'].map(isGiven)).toEqual([
    ...[true, false, false, false],
  ])
  expect(JSON.parse(body)).toMatchObject({ Code: 'Success', AccessKeyId: 'key' })
  expect(get('meta-data/iam/security-credentials/other').status).toBe(404)
  const without = { ...facts, role: undefined }
  expect(get('meta-data/iam/security-credentials/', without).status).toBe(404)
})
