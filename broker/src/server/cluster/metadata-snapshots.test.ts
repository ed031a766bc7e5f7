import {
  CoordinationError,
  type CoordinationStore,
  createMemoryStore,
  type Lease,
} from '@freshet/coordination'
import { describe, expect, it } from 'vitest'
import {
  ClusterImage,
  CONTROLLER_LEASE,
  ConfigResourceType,
  METADATA_LOG,
  type MetadataRecord,
  SNAPSHOT_DOCUMENT,
} from '../../cluster/index.ts'
import { MemoryClock } from '../../runtime/memory-clock.ts'
import { MetadataFollower } from './metadata-follower.ts'
import { MetadataSnapshots } from './metadata-snapshots.ts'

const POLICY = { maxRecords: 4, maxBytes: 1_000_000 }
const HEAD = SNAPSHOT_DOCUMENT

/** One store, and followers of its metadata log that may lead it. */
class Scene {
  readonly clock = new MemoryClock()
  readonly store = createMemoryStore({ now: () => this.clock.now() })
  readonly unusable: Error[] = []
  readonly logged: string[] = []
  #count = 0

  follower(store: CoordinationStore = this.store): MetadataFollower {
    const keep = (message: string) => {
      this.logged.push(message)
    }
    const logger = { debug() {}, info() {}, warn: keep, error: keep }
    const snapshots = new MetadataSnapshots({ store, policy: POLICY, timers: this.clock, logger })
    return new MetadataFollower({
      store,
      image: new ClusterImage(),
      snapshots,
      onChange() {},
      onUnusable: (error) => this.unusable.push(error),
    })
  }

  async lead(holder: string): Promise<Lease> {
    await this.clock.advance(2000)
    const lease = await this.store.leases.acquire(CONTROLLER_LEASE, holder, 1000)
    if (lease === undefined) throw new Error('the lease is taken')
    return lease
  }

  /** Appends entries of one record and lets what follows of each come to its end. */
  async append(follower: MetadataFollower, lease: Lease, count: number): Promise<void> {
    for (let done = 0; done < count; done++) {
      const records = [setting(this.#count++)]
      await follower.append(lease, () => ({ records, reply: undefined }))
      await this.clock.advance(10)
    }
  }

  async headOffset(): Promise<number | undefined> {
    return (await this.store.documents.get<{ offset: number }>(HEAD))?.value.offset
  }

  async startIndex(): Promise<number> {
    return (await this.store.logs.bounds(METADATA_LOG)).startIndex
  }

  async partOffsets(): Promise<number[]> {
    const found = await this.store.documents.list(`${HEAD}/`)
    return found.map(({ key }) => Number(key.split('/')[1]))
  }
}

function setting(index: number): MetadataRecord {
  return {
    type: 'Config',
    resourceType: ConfigResourceType.BROKER,
    resourceName: String(index % 3),
    name: `setting-${index % 7}`,
    value: String(index),
  }
}

function recordsOf({ image }: MetadataFollower): MetadataRecord[] {
  return [...image.toRecords()]
}

type Method = 'put' | 'delete' | 'truncateBefore'

/** A store that fails at the `nth` call of `method`, before or after having done it, and at all that follow. */
function failing(store: CoordinationStore, method: Method, nth: number, isDone: boolean): CoordinationStore {
  let calls = 0
  const attempt = async <T>(name: Method, work: () => Promise<T>): Promise<T> => {
    if (name === method) calls++
    const isFailing = calls >= nth
    if (!isFailing) return work()
    if (isDone && name === method && calls === nth) await work()
    throw new CoordinationError('UNAVAILABLE', 'the store is away')
  }
  const { documents, logs } = store
  return {
    ...store,
    documents: {
      get: (key) => documents.get(key),
      list: (prefix, options) => documents.list(prefix, options),
      put: (key, value, ifVersion) => attempt('put', () => documents.put(key, value, ifVersion)),
      delete: (key, ifVersion) => attempt('delete', () => documents.delete(key, ifVersion)),
    },
    logs: {
      append: (log, at, payloads, fence) => logs.append(log, at, payloads, fence),
      read: (log, from, limit) => logs.read(log, from, limit),
      bounds: (log) => logs.bounds(log),
      truncateBefore: (log, index, fence) =>
        attempt('truncateBefore', () => logs.truncateBefore(log, index, fence)),
    },
  }
}

/** A log that begins at 4, after snapshots at 3 and 7. */
async function shortened(): Promise<{ scene: Scene; leader: MetadataFollower; lease: Lease }> {
  const scene = new Scene()
  const leader = scene.follower()
  const lease = await scene.lead('first')
  await scene.append(leader, lease, 8)
  return { scene, leader, lease }
}

describe('metadata snapshots', () => {
  it('shorten the log to the snapshot before, whose parts are the oldest that stay', async () => {
    const { scene, leader, lease } = await shortened()
    expect([await scene.headOffset(), await scene.startIndex()]).toEqual([7, 4])
    expect(await scene.partOffsets()).toEqual([3, 7])
    await scene.append(leader, lease, 5)
    expect([await scene.headOffset(), await scene.startIndex()]).toEqual([11, 8])
    expect(await scene.partOffsets()).toEqual([7, 11])
    expect(scene.logged).toEqual([])
  })

  it('give a new follower the same image as the whole log gave', async () => {
    const { scene, leader, lease } = await shortened()
    await scene.append(leader, lease, 2)
    const follower = scene.follower()
    await follower.catchUp()
    expect(follower.image.offset).toBe(9)
    expect(recordsOf(follower)).toEqual(recordsOf(leader))
  })

  it('are readable after a failure in each step, and the next controller goes on', async () => {
    const points: [Method, number][] = [
      // Part and head of three snapshots; from the second on the log is too short to do without.
      ['put', 1],
      ['put', 2],
      ['put', 3],
      ['put', 4],
      ['put', 5],
      ['put', 6],
      ['truncateBefore', 1],
      ['truncateBefore', 2],
      ['truncateBefore', 3],
      ['delete', 1],
    ]
    for (const [method, nth] of points) {
      for (const isDone of [false, true]) {
        const scene = new Scene()
        const first = scene.follower(failing(scene.store, method, nth, isDone))
        await scene.append(first, await scene.lead('first'), 13)
        expect(scene.logged.length, `${method} ${nth}`).toBeGreaterThan(0)
        const second = scene.follower()
        await second.catchUp()
        expect(recordsOf(second), `${method} ${nth}`).toEqual(recordsOf(first))
        await scene.append(second, await scene.lead('second'), 13)
        const third = scene.follower()
        await third.catchUp()
        expect(recordsOf(third), `${method} ${nth}`).toEqual(recordsOf(second))
        expect(await scene.startIndex()).toBeGreaterThan(13)
        expect(Math.min(...(await scene.partOffsets()))).toBe((await scene.startIndex()) - 1)
      }
    }
  })

  it('of a controller that lost its lease replace nothing newer', async () => {
    const { scene, lease } = await shortened()
    const newer = { format: 1, offset: 11, partCount: 0 }
    let isRaced = false
    const { documents } = scene.store
    const slow: CoordinationStore = {
      ...scene.store,
      documents: {
        get: (key) => documents.get(key),
        list: (prefix, options) => documents.list(prefix, options),
        delete: (key, ifVersion) => documents.delete(key, ifVersion),
        async put(key, value, ifVersion) {
          if (key === HEAD) {
            await documents.put(HEAD, newer)
            isRaced = true
          }
          return documents.put(key, value, ifVersion)
        },
      },
    }
    const stale = scene.follower(slow)
    await stale.catchUp()
    await scene.append(stale, lease, 4)
    expect(isRaced).toBe(true)
    expect(await scene.headOffset()).toBe(11)
    expect(await scene.startIndex()).toBe(4)
    expect(scene.logged).toHaveLength(1)
  })
})

describe('a snapshot that cannot be read', () => {
  const part = `${HEAD}/0000000000000007/000000`
  const spoilt: [string, string, unknown, string][] = [
    ['a head of another format', HEAD, { format: 9, offset: 7, partCount: 1 }, HEAD],
    ['a head without an offset', HEAD, { format: 1, partCount: 1 }, HEAD],
    ['a head that is no object', HEAD, 'snapshot', HEAD],
    ['a head after the end of the log', HEAD, { format: 1, offset: 8, partCount: 0 }, HEAD],
    ['a part of another format', part, { format: 9, records: [] }, part],
    ['a record of no known type', part, { format: 1, records: [['Surprise', 0]] }, part],
    ['a missing part', HEAD, { format: 1, offset: 7, partCount: 2 }, `${HEAD}/0000000000000007/000001`],
    [
      'records that break an invariant',
      part,
      { format: 1, records: [['Config', 0, ConfigResourceType.TOPIC, 'absent', 'name', 'value']] },
      HEAD,
    ],
  ]
  it.each(spoilt)('is refused, and named: %s', async (_, key, value, named) => {
    const { scene } = await shortened()
    await scene.store.documents.put(key, value)
    const follower = scene.follower()
    await expect(follower.catchUp()).rejects.toThrow(`The document ${named} of the metadata snapshot`)
    await expect(follower.catchUp()).rejects.toThrow('cannot be read')
    expect(scene.unusable).toEqual([])
  })

  it('is refused if there is none though the log was shortened', async () => {
    const { scene } = await shortened()
    await scene.store.documents.delete(HEAD)
    await expect(scene.follower().catchUp()).rejects.toThrow(`no document ${HEAD}`)
  })
})

describe('a running follower', () => {
  it('that fell behind the start of the log reports once that it cannot go on', async () => {
    const scene = new Scene()
    const [leader, lagging] = [scene.follower(), scene.follower()]
    const lease = await scene.lead('first')
    await scene.append(leader, lease, 1)
    await lagging.catchUp()
    await scene.append(leader, lease, 12)
    await expect(lagging.catchUp()).rejects.toThrow('shortened beyond entry 0')
    await expect(lagging.catchUp()).rejects.toThrow('shortened beyond entry 0')
    expect(scene.unusable.map(({ name }) => name)).toEqual(['MetadataUnusableError'])
  })

  it.each([
    ['cannot be decoded', Buffer.from('{}'), 'RecordError'],
    [
      'breaks an invariant',
      Buffer.from('{"format":1,"records":[["Config",0,2,"absent","name","value"]]}'),
      'InvariantError',
    ],
  ])('reports an entry that %s, and neither reads nor appends any more', async (_, payload, name) => {
    const scene = new Scene()
    const follower = scene.follower()
    const lease = await scene.lead('first')
    await scene.append(follower, lease, 1)
    await follower.catchUp()
    await scene.store.logs.append(METADATA_LOG, 1, [payload], lease)
    await expect(follower.catchUp()).rejects.toThrow()
    expect(scene.unusable.map((error) => error.name)).toEqual([name])
    await expect(scene.append(follower, lease, 1)).rejects.toThrow()
    expect((await scene.store.logs.bounds(METADATA_LOG)).nextIndex).toBe(2)
  })
})
