import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  clusterArn,
  kafkaClusterId,
  newCurrentVersion,
  operationArn,
  parseClusterArn,
  parseOperationArn,
} from './identifiers.ts'

const account = { region: 'eu-west-1', accountId: '123456789012' }
const names = fc.stringMatching(/^[a-zA-Z0-9][a-zA-Z0-9-]{0,63}$/)
const suffixes = fc.constantFrom('1', '25', 's1')

it('reads back every ARN that it writes', () => {
  fc.assert(
    fc.property(names, fc.uuid(), suffixes, fc.uuid(), (clusterName, uuid, suffix, operationUuid) => {
      const arn = { clusterName, clusterUuid: `${uuid}-${suffix}` }
      expect(parseClusterArn(clusterArn(account, arn))).toEqual(arn)
      expect(parseOperationArn(operationArn(account, { ...arn, operationUuid }))).toEqual({
        ...arn,
        operationUuid,
      })
    }),
  )
})

it('takes nothing else for an ARN', () => {
  fc.assert(fc.property(fc.string(), (text) => parseClusterArn(text) === undefined))
  for (const text of [
    'arn:aws:kafka:us-east-1:000000000000:cluster/orders',
    'arn:aws:kafka:us-east-1:000000000000:cluster/orders/not-a-uuid-1',
    'arn:aws:kafka:us-east-1:000000000000:configuration/orders/6f1c0a30-0f1e-4a53-9a5d-6a2f2f4b6d11-1',
    'arn:aws:s3:us-east-1:000000000000:cluster/orders/6f1c0a30-0f1e-4a53-9a5d-6a2f2f4b6d11-1',
    'arn:aws:kafka:us-east-1:000000000000:cluster/a/b/6f1c0a30-0f1e-4a53-9a5d-6a2f2f4b6d11-1',
  ]) {
    expect(parseClusterArn(text)).toBeUndefined()
  }
})

it('gives Kafka 22 characters that hold the sixteen bytes of the uuid', () => {
  fc.assert(
    fc.property(fc.uuid(), suffixes, (uuid, suffix) => {
      const id = kafkaClusterId(`${uuid}-${suffix}`)
      expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/)
      expect(Buffer.from(id, 'base64url').toString('hex')).toBe(uuid.replaceAll('-', ''))
    }),
  )
})

it('never repeats a current version', () => {
  const versions = Array.from({ length: 1000 }, newCurrentVersion)
  expect(new Set(versions).size).toBe(versions.length)
  expect(versions[0]).toMatch(/^K[A-Z0-9]{13}$/)
})
