import { beforeEach, expect, it } from 'vitest'
import { memoryDocuments } from '../testing/fixtures.ts'
import { ServiceRecord } from './service-record.ts'

const NAME = 'control-plane.freshet.internal'
let records: Map<string, readonly string[]>
let writes = 0
let living: string[]
let documents = memoryDocuments()

beforeEach(() => {
  records = new Map()
  writes = 0
  living = ['http://10.0.1.7:9690', 'http://10.0.0.7:9690']
  documents = memoryDocuments()
})

it('has the addresses of those that live, and is written only when they change', async () => {
  await record().refresh()
  expect(records.get(NAME)).toEqual(['10.0.0.7', '10.0.1.7'])
  await record().refresh()
  expect(writes).toBe(1)
  living = ['http://10.0.1.7:9690', 'http://10.0.2.9:9690']
  await record().refresh()
  expect(records.get(NAME)).toEqual(['10.0.1.7', '10.0.2.9'])
})

it('stays as it is while nobody is known to live, and leaves out what is no address', async () => {
  await record().refresh()
  living = []
  await record().refresh()
  living = ['http://[fd00::1]:9690', 'http://control-plane.freshet.internal:9690']
  await record().refresh()
  expect([records.get(NAME), writes]).toEqual([['10.0.0.7', '10.0.1.7'], 1])
})

it('is gone with the service, whoever leads then, and comes back with it', async () => {
  await record().refresh()
  await record().giveUp()
  await record().giveUp()
  await record().refresh()
  expect(records.size).toBe(0)
  await record().keep()
  await record().refresh()
  expect(records.get(NAME)).toEqual(['10.0.0.7', '10.0.1.7'])
})

/** Another control plane each time: nothing is remembered. */
function record(): ServiceRecord {
  return new ServiceRecord({
    zoneName: 'freshet.internal.',
    documents,
    living: () => living,
    zone: {
      read: async (name) => records.get(name),
      async write(name, addresses) {
        writes++
        records.set(name, addresses)
      },
      async remove(name, addresses) {
        if (records.get(name) === addresses) records.delete(name)
      },
    },
  })
}
