/** Node's arguments that run one broker. */
export function brokerArguments(brokerBundle: string, serverProperties: string): string[] {
  return [...BROKER_NODE_FLAGS, brokerBundle, '--config', serverProperties]
}

/**
 * Nearly all of a broker's garbage dies young: a larger nursery costs 100 MB and saves no time. V8 takes what lives for a
 * turn of the event loop for what lives long, and would make every request's objects in the old space. So little of it
 * survives that waiting for other threads to help with it takes longer than doing it.
 */
const BROKER_NODE_FLAGS = [
  '--max-semi-space-size=4',
  '--no-allocation-site-pretenuring',
  '--no-parallel-scavenge',
]

/** glibc keeps what each of its arenas once took; with one for every thread of the pool that is 70 MB under torn requests. */
export const brokerEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' }
