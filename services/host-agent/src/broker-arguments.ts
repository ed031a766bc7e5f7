/** Node's arguments that run one broker. */
export function brokerArguments(brokerBundle: string, serverProperties: string): string[] {
  return [...BROKER_NODE_FLAGS, brokerBundle, '--config', serverProperties]
}

/** Nearly all of a broker's garbage dies young: a larger nursery costs 100 MB and saves no time. */
const BROKER_NODE_FLAGS = ['--max-semi-space-size=4']
