import { describe, expect, it } from 'vitest'
import type { HostFailure } from '../../model/host.ts'
import { CONFIRMED_AFTER_MS, confirmed, nextSuspicions, type Suspicions } from './suspicions.ts'

const ENDED: HostFailure = { kind: 'INSTANCE_ENDED', reason: 'its instance has ended' }
const LOOK_MS = 5_000

describe('a host', () => {
  it.each(Object.entries(CONFIRMED_AFTER_MS))(
    'has failed by %s when it was seen for %i ms',
    (kind, afterMs) => {
      const failure = { ...ENDED, kind: kind as HostFailure['kind'] }
      const watch = watching()
      watch.look(failure)
      for (let ms = LOOK_MS; ms < afterMs; ms += LOOK_MS) expect(watch.look(failure)).toEqual([])
      expect(watch.look(failure)).toEqual(['h-1'])
    },
  )

  it('has not failed while its agent speaks, however long the fleet says so, but when it falls silent', () => {
    const watch = watching()
    for (let look = 0; look < 50; look++) {
      if (look % 3 === 0) watch.heardMs = watch.nowMs
      expect(watch.look(ENDED)).toEqual([])
    }
    expect([watch.look(ENDED), watch.look(ENDED), watch.look(ENDED)]).toEqual([[], ['h-1'], ['h-1']])
  })

  it('without its volume has failed whatever its agent says', () => {
    const watch = watching()
    const failure = { kind: 'VOLUME_LOST', instanceId: 'i-1', reason: 'its volume is gone' } as const
    const looks = Array.from({ length: 8 }, () => {
      watch.heardMs = watch.nowMs
      return watch.look(failure).length
    })
    expect(looks).toEqual([0, 0, 0, 0, 0, 0, 1, 1])
  })

  it('begins anew when it was well in between, failed otherwise, or nobody looked for a while', () => {
    const between: [string, (watch: ReturnType<typeof watching>) => void][] = [
      ['well', (watch) => watch.look(undefined)],
      ['otherwise', (watch) => watch.look({ ...ENDED, instanceId: 'i-2' })],
      ['nobody looked', (watch) => (watch.nowMs += 60_000)],
    ]
    for (const [name, happen] of between) {
      const watch = watching()
      for (let look = 0; look < 3; look++) watch.look(ENDED)
      happen(watch)
      const looks = Array.from({ length: 5 }, () => watch.look(ENDED).length)
      expect([name, looks]).toEqual([name, [0, 0, 0, 0, 1]])
    }
  })
})

function watching() {
  let suspicions: Suspicions = new Map()
  const watch = {
    nowMs: 1_000_000,
    heardMs: undefined as number | undefined,
    look(failure: HostFailure | undefined): string[] {
      watch.nowMs += LOOK_MS
      const failures = new Map(failure === undefined ? [] : [['h-1', failure]])
      suspicions = nextSuspicions(suspicions, failures, watch.nowMs)
      return [...confirmed(suspicions, () => watch.heardMs, watch.nowMs).keys()]
    },
  }
  return watch
}
