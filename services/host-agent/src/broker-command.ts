/** Node's arguments that run one broker. */
export function brokerArguments(brokerBundle: string, serverProperties: string): string[] {
  return [NURSERY, brokerBundle, '--config', serverProperties]
}

/** Nearly all of a broker's garbage dies young: a larger nursery costs 100 MB and saves no time. */
const NURSERY = '--max-semi-space-size=4'

/** glibc keeps what each of its arenas once took; with one for every thread of the pool that is 70 MB under torn requests. */
export const brokerEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '2' }
