import type { Documents } from '@freshet/coordination'
import { Collection } from './collection.ts'
import type { ConfigurationArn } from './identifiers.ts'

/** A named text of server.properties with numbered revisions, none of which ever changes. */
export interface Configuration extends ConfigurationArn {
  readonly arn: string
  readonly description: string
  readonly kafkaVersions: readonly string[]
  readonly creationTime: string
  /** From 1 on. All in one document, so that a revision is added in one conditional write. */
  readonly revisions: readonly ConfigurationRevision[]
}

export interface ConfigurationRevision {
  readonly revision: number
  readonly description: string
  readonly creationTime: string
  readonly serverProperties: string
}

export const MAX_CONFIGURATIONS = 100
export const MAX_REVISIONS = 50
/** Of one revision; all together must fit into one document. */
export const MAX_PROPERTIES_BYTES = 7 * 1024

export function latestRevision({ revisions }: Configuration): ConfigurationRevision {
  return revisions.at(-1)!
}

/** The key is the name, which no two have. */
export class ConfigurationStore {
  readonly #configurations: Collection<Configuration>

  constructor(documents: Documents) {
    this.#configurations = new Collection(documents, 'configurations/')
  }

  /** False if the name is taken. */
  create(configuration: Configuration): Promise<boolean> {
    return this.#configurations.create(configuration.name, configuration)
  }

  async find({ name, configurationUuid }: ConfigurationArn): Promise<Configuration | undefined> {
    const configuration = await this.#configurations.get(name)
    return configuration?.configurationUuid === configurationUuid ? configuration : undefined
  }

  list(): Promise<Configuration[]> {
    return this.#configurations.list()
  }

  /** Undefined if the configuration is gone. */
  async update(
    { name, configurationUuid }: ConfigurationArn,
    change: (configuration: Configuration) => Configuration,
  ): Promise<Configuration | undefined> {
    const changed = await this.#configurations.update(name, (newest) =>
      newest.configurationUuid === configurationUuid ? change(newest) : newest,
    )
    return changed?.configurationUuid === configurationUuid ? changed : undefined
  }

  delete({ name }: ConfigurationArn): Promise<void> {
    return this.#configurations.delete(name)
  }
}
