import { expect, test } from 'vitest'
import { ProduceApi } from '../apis/00-produce.ts'
import { FindCoordinatorApi } from '../apis/10-find-coordinator.ts'
import { ApiVersionsApi } from '../apis/18-api-versions.ts'
import { ErrorCode } from '../wire/index.ts'
import { MetricRegistry } from './metrics/registry.ts'
import { RequestErrors } from './request-errors.ts'

function counts(registry: MetricRegistry) {
  const found = [...registry.samples()].filter(({ attribute }) => attribute === 'Count')
  return Object.fromEntries(found.map(({ keys, value }) => [`${keys.request} ${keys.error}`, value]))
}

test('every error in an answer counts, however deep it lies', () => {
  const registry = new MetricRegistry(() => 0)
  const errors = new RequestErrors(registry)
  const partition = (errorCode: number) => ({ index: 0, errorCode, baseOffset: 0 })
  const body = {
    responses: [
      {
        name: 'a',
        partitionResponses: [partition(ErrorCode.NOT_LEADER_OR_FOLLOWER), partition(ErrorCode.NONE)],
      },
      { name: 'b', partitionResponses: [partition(ErrorCode.NOT_LEADER_OR_FOLLOWER)] },
    ],
  }
  errors.answered('Produce', ProduceApi, body)
  errors.answered('Produce', ProduceApi, body)
  errors.answered('ApiVersions', ApiVersionsApi, { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] })
  errors.answered('ApiVersions', ApiVersionsApi, { errorCode: ErrorCode.NONE, apiKeys: [] })
  expect(counts(registry)).toEqual({
    'Produce NOT_LEADER_OR_FOLLOWER': 4,
    'ApiVersions INVALID_REQUEST': 1,
  })
})

test('what is left out, or null, is no error', () => {
  const registry = new MetricRegistry(() => 0)
  const errors = new RequestErrors(registry)
  errors.answered('FindCoordinator', FindCoordinatorApi, { coordinators: null })
  errors.answered('FindCoordinator', FindCoordinatorApi, {})
  expect(counts(registry)).toEqual({})
})
