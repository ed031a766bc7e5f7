import { describe, expect, test } from 'vitest'
import type { CoordinationStore } from '../types.ts'
import { createClock, expectCode, type StoreFixture, testIfDurable } from './world.ts'

export function describeDocuments(fixture: StoreFixture): void {
  describe(`${fixture.name}: documents`, () => {
    test('versions count the writes of a document, from 1', async () => {
      const { documents } = fixture.open(createClock().now)
      expect(await documents.get('clusters/a')).toBeUndefined()
      expect(await documents.put('clusters/a', { name: 'a' })).toBe(1)
      expect(await documents.put('clusters/a', { name: 'b' })).toBe(2)
      expect(await documents.get('clusters/a')).toEqual({
        key: 'clusters/a',
        value: { name: 'b' },
        version: 2,
      })
      expect(await documents.delete('clusters/a')).toBe(true)
      expect(await documents.delete('clusters/a')).toBe(false)
      expect(await documents.put('clusters/a', 'new')).toBe(1)
    })

    test('a conditional write happens at the expected version only', async () => {
      const { documents } = fixture.open(createClock().now)
      await expectCode('VERSION_CONFLICT', documents.put('a', 1, 1))
      expect(await documents.put('a', 1, 0)).toBe(1)
      await expectCode('VERSION_CONFLICT', documents.put('a', 2, 0))
      expect(await documents.put('a', 2, 1)).toBe(2)
      await expectCode('VERSION_CONFLICT', documents.put('a', 3, 1))
      expect(await documents.get('a')).toEqual({ key: 'a', value: 2, version: 2 })
    })

    test('a conditional delete happens at the expected version only', async () => {
      const { documents } = fixture.open(createClock().now)
      await documents.put('a', 1)
      await expectCode('VERSION_CONFLICT', documents.delete('a', 2))
      await expectCode('VERSION_CONFLICT', documents.delete('missing', 1))
      expect(await documents.delete('missing', 0)).toBe(false)
      expect(await documents.delete('a', 1)).toBe(true)
    })

    test('a value reads back as JSON has it, and as a copy', async () => {
      const { documents } = fixture.open(createClock().now)
      const value = { text: 'Grüße 🐘', list: [1, null, { deep: true }], dropped: undefined }
      await documents.put('a', value)
      value.list.push(2)
      const expected = { text: 'Grüße 🐘', list: [1, null, { deep: true }] }
      const first = await documents.get<{ text: string }>('a')
      expect(first?.value).toStrictEqual(expected)
      first!.value.text = 'changed'
      expect((await documents.get('a'))?.value).toStrictEqual(expected)
    })

    test('a list holds exactly the documents with the prefix, by key', async () => {
      const { documents } = fixture.open(createClock().now)
      for (const key of ['b/2', 'a/1', 'b/10', 'b', 'c/1', 'b/1', 'b0']) await documents.put(key, key)
      expect(await keys({ documents }, 'b/')).toEqual(['b/1', 'b/10', 'b/2'])
      expect(await keys({ documents }, 'b')).toEqual(['b', 'b/1', 'b/10', 'b/2', 'b0'])
      expect(await keys({ documents }, '')).toEqual(['a/1', 'b', 'b/1', 'b/10', 'b/2', 'b0', 'c/1'])
      expect(await keys({ documents }, 'd')).toEqual([])
      const [first] = await documents.list('a/')
      expect(first).toEqual({ key: 'a/1', value: 'a/1', version: 1 })
    })

    test('a list is continued behind a key, also one that is gone or lies before the prefix', async () => {
      const { documents } = fixture.open(createClock().now)
      for (const key of ['p/a', 'p/b', 'p/c', 'q']) await documents.put(key, 1)
      expect(await keys({ documents }, 'p/', { limit: 2 })).toEqual(['p/a', 'p/b'])
      expect(await keys({ documents }, 'p/', { after: 'p/b', limit: 2 })).toEqual(['p/c'])
      expect(await keys({ documents }, 'p/', { after: 'p/aa' })).toEqual(['p/b', 'p/c'])
      expect(await keys({ documents }, 'p/', { after: 'a' })).toEqual(['p/a', 'p/b', 'p/c'])
      expect(await keys({ documents }, 'p/', { after: 'q' })).toEqual([])
    })

    test('keys are ordered by their UTF-8 bytes', async () => {
      const { documents } = fixture.open(createClock().now)
      // UTF-16 code units would put the elephant (a surrogate pair) before U+FF5E.
      for (const key of ['k/🐘', 'k/\uff5e', 'k/z', 'k/Z']) await documents.put(key, 1)
      expect(await keys({ documents }, 'k/')).toEqual(['k/Z', 'k/z', 'k/\uff5e', 'k/🐘'])
      expect(await keys({ documents }, 'k/', { after: 'k/\uff5e' })).toEqual(['k/🐘'])
    })

    testIfDurable(fixture, 'documents and versions survive a restart of the store', async () => {
      const clock = createClock()
      const store = fixture.open(clock.now)
      await store.documents.put('a', 1)
      await store.documents.put('a', 2)
      await store.close()
      const again = fixture.reopen!(clock.now)
      expect(await again.documents.get('a')).toEqual({ key: 'a', value: 2, version: 2 })
    })
  })
}

async function keys(
  { documents }: Pick<CoordinationStore, 'documents'>,
  prefix: string,
  options?: { after?: string; limit?: number },
): Promise<string[]> {
  return (await documents.list(prefix, options)).map(({ key }) => key)
}
