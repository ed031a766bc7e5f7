import { expect, it } from 'vitest'
import { newOperation, nextStep, operationFailed, stepCompleted, stepStarted } from './operation.ts'
import { STEPS } from './operation-steps.ts'

const ids = { operationUuid: 'u', operationArn: 'arn' }

it.each(['CREATE_CLUSTER', 'DELETE_CLUSTER'] as const)(
  '%s runs every step once, in order, and ends',
  (type) => {
    let operation = newOperation(type, ids, 0)
    expect(operation.operationState).toBe('PENDING')
    const ran: string[] = []
    for (let step = nextStep(operation); step; step = nextStep(operation)) {
      ran.push(step)
      operation = stepStarted(operation, step)
      expect(operation.operationState).toBe('UPDATE_IN_PROGRESS')
      operation = stepCompleted(operation, step, 1000)
    }
    expect(ran).toEqual(STEPS[type])
    expect(operation).toMatchObject({
      operationState: 'UPDATE_COMPLETE',
      endTime: '1970-01-01T00:00:01.000Z',
    })
  },
)

it('refuses to complete a step whose turn it is not', () => {
  expect(() => stepCompleted(newOperation('CREATE_CLUSTER', ids, 0), 'ACTIVATE', 0)).toThrow('ACTIVATE')
})

it('fails with the step that failed and the reason', () => {
  const errorInfo = { errorCode: 'PORT_IN_USE', errorString: 'Port 9092 is in use.' }
  const operation = operationFailed(
    stepStarted(newOperation('CREATE_CLUSTER', ids, 0), 'ALLOCATE_HOSTS'),
    errorInfo,
    5,
  )
  expect(operation).toMatchObject({ operationState: 'UPDATE_FAILED', errorInfo, endTime: expect.any(String) })
  expect(operation.steps[0]).toEqual({ stepName: 'ALLOCATE_HOSTS', stepStatus: 'FAILED' })
})
