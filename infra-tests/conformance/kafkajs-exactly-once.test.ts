/** kafkajs, in a process that is killed inside its transactions. */
import { join } from 'node:path'
import { test } from 'vitest'
import { suite } from '../support/requirements.ts'
import { useCluster } from './cluster-under-test.ts'
import { expectEachInputOnce, SHORT_SESSIONS } from './exactly-once/lives.ts'

suite('kafkajs, killed inside transactions', ['kcat'], () => {
  const cluster = useCluster({ properties: SHORT_SESSIONS })

  test('consume, transform, produce: each input comes out once', () =>
    expectEachInputOnce(
      cluster().bootstrap,
      join(import.meta.dirname, 'exactly-once', 'kafkajs-transform.ts'),
    ))
})
