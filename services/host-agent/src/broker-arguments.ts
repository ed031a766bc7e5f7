/** Node's arguments that run one broker. */
export function brokerArguments(brokerBundle: string, serverProperties: string): string[] {
  return [...BROKER_NODE_FLAGS, brokerBundle, '--config', serverProperties]
}

/**
 * Nearly all of a broker's garbage dies young: a larger nursery costs 100 MB and saves no time. V8 takes what lives for a
 * turn of the event loop for what lives long, and would make every request's objects in the old space.
 */
const BROKER_NODE_FLAGS = ['--max-semi-space-size=4', '--no-allocation-site-pretenuring']
