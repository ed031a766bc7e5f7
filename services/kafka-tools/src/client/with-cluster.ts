/** What all tools do around their work: read the client properties, connect, say what cannot be reached, close. */
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import { type Properties, propertiesFile } from '../command-line/properties.ts'
import { log } from '../command-line/text.ts'
import type { Terminal } from '../tool.ts'
import { clientConfig } from './client-config.ts'
import { Cluster } from './cluster.ts'

/** The administrator's tools: `--bootstrap-server` and `--command-config`. */
export async function withAdminCluster<Result>(
  options: ParsedOptions,
  terminal: Terminal,
  task: (cluster: Cluster) => Promise<Result>,
): Promise<Result> {
  const file = options.value('command-config')
  const properties = file === undefined ? {} : propertiesFile(file)
  const cluster = openCluster(options.value('bootstrap-server') ?? '', properties, 'adminclient-1', terminal)
  try {
    return await task(cluster)
  } finally {
    await cluster.close()
  }
}

export function openCluster(
  bootstrapServers: string,
  properties: Properties,
  clientId: string,
  terminal: Terminal,
): Cluster {
  const config = clientConfig(bootstrapServers, properties, clientId)
  return new Cluster(config, (host, port) => {
    const message = `[${config.clientId}] Connection to ${host}:${port} could not be established. Node may not be available.`
    log(terminal.errors, 'WARN', message, 'org.apache.kafka.clients.NetworkClient')
  })
}
