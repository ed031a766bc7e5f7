/** kafka-configs: shows and changes configurations of topics, brokers and groups, quotas, and SCRAM credentials. */
import { asJavaException, type Cluster } from '../client/cluster.ts'
import {
  FileException,
  IllegalArgumentException,
  InvalidConfigurationException,
  JavaException,
} from '../client/exceptions.ts'
import { withAdminCluster } from '../client/with-cluster.ts'
import type { ParsedOptions } from '../command-line/parsed-options.ts'
import type { Terminal, Tool } from '../tool.ts'
import { changesOf } from './changes.ts'
import { checkConfigOptions, configOptions, type Entities } from './config-options.ts'
import { alterQuotas, describeQuotas } from './quotas.ts'
import { alterResource, describeResources } from './resource-configs.ts'
import { alterScramCredentials, describeScramCredentials, isScram } from './scram.ts'

export const configCommand: Tool = {
  name: 'kafka-configs',
  purpose:
    'This tool helps to manipulate and describe entity config for a topic, client, user, broker, ip, ' +
    'client-metrics or group',
  options: configOptions,
  listsOptionsOnMistakes: false,
  async run(options, terminal) {
    const entities = checkConfigOptions(options)
    try {
      await withAdminCluster(options, terminal, (cluster) => act(cluster, entities, options, terminal))
      return 0
    } catch (failure) {
      const error = asJavaException(failure)
      if (!(error instanceof JavaException)) throw error
      const isPlain =
        error instanceof IllegalArgumentException || error instanceof InvalidConfigurationException
      if (isPlain) throw error
      const args = options.words.join(' ')
      terminal.errors.write(`Error while executing config command with args '${args}'\n`)
      const wrapper = error instanceof FileException ? '' : 'java.util.concurrent.ExecutionException: '
      terminal.errors.write(`${wrapper}${error}\n`)
      return 1
    }
  },
}

async function act(
  cluster: Cluster,
  entities: Entities,
  options: ParsedOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.has('alter')) {
    if (entities.types.length !== entities.names.length) {
      throw new IllegalArgumentException('An entity name must be specified for every entity type')
    }
    await alter(cluster, entities, options)
    const [type] = entities.types
    const [name = ''] = entities.names
    terminal.output.write(
      name === ''
        ? `Completed updating default config for ${type} in the cluster.\n`
        : `Completed updating config for ${type.slice(0, -1)} ${name}.\n`,
    )
    return
  }
  const [type] = entities.types
  if (type === 'ips') return describeQuotas(cluster, entities, terminal)
  if (type !== 'users' && type !== 'clients') {
    return describeResources(cluster, type, entities.names[0], options.has('all'), terminal)
  }
  await describeQuotas(cluster, entities, terminal)
  const isAboutUsersOnly = !entities.types.includes('clients') && !entities.names.includes('')
  if (isAboutUsersOnly) await describeScramCredentials(cluster, entities.names, terminal)
}

async function alter(cluster: Cluster, entities: Entities, options: ParsedOptions): Promise<void> {
  const changes = changesOf(options)
  const [type] = entities.types
  const [name = ''] = entities.names
  if (type !== 'users' && type !== 'clients' && type !== 'ips')
    return alterResource(cluster, type, name, changes)
  const keys = [...Object.keys(changes.added), ...changes.deleted]
  const isAboutScram = type === 'users' && entities.types.length === 1 && keys.some(isScram)
  if (!isAboutScram) return alterQuotas(cluster, entities, changes)
  if (name === '') {
    throw new IllegalArgumentException(
      'The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.',
    )
  }
  if (!keys.every(isScram)) {
    throw new IllegalArgumentException(
      "Cannot alter both quota and SCRAM credential configs simultaneously for 'users' using --bootstrap-server.",
    )
  }
  await alterScramCredentials(cluster, name, changes)
}
