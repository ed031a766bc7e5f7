import { CoordinationError, type Documents } from '@freshet/coordination'

/** Documents of one kind below one prefix, changed by pure functions under a conditional write. */
export class Collection<T> {
  readonly #documents: Documents
  readonly #prefix: string

  constructor(documents: Documents, prefix: string) {
    this.#documents = documents
    this.#prefix = prefix
  }

  /** False if there is one already. */
  async create(id: string, value: T): Promise<boolean> {
    try {
      await this.#documents.put(this.#prefix + id, value, 0)
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }

  async get(id: string): Promise<T | undefined> {
    return (await this.#documents.get<T>(this.#prefix + id))?.value
  }

  async put(id: string, value: T): Promise<void> {
    await this.#documents.put(this.#prefix + id, value)
  }

  /** Undefined if there is none. */
  async update(id: string, change: (value: T) => T): Promise<T | undefined> {
    for (let attempt = 1; ; attempt++) {
      const document = await this.#documents.get<T>(this.#prefix + id)
      if (!document) return undefined
      const changed = change(document.value)
      try {
        await this.#documents.put(document.key, changed, document.version)
        return changed
      } catch (error) {
        if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error
      }
    }
  }

  async delete(id: string): Promise<void> {
    await this.#documents.delete(this.#prefix + id)
  }

  /** All of those whose id begins so, by id. */
  async list(idPrefix = ''): Promise<T[]> {
    const values: T[] = []
    for (let after: string | undefined; ; ) {
      const options = { limit: PAGE, ...(after === undefined ? {} : { after }) }
      const page = await this.#documents.list<T>(this.#prefix + idPrefix, options)
      values.push(...page.map(({ value }) => value))
      after = page.at(-1)?.key
      if (page.length < PAGE) return values
    }
  }
}

/** Whether a value that users make as large as they like would not fit into one document of the store. */
export function isTooLarge(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value)) > MAX_VALUE_BYTES
}

export function isConflict(error: unknown): boolean {
  return error instanceof CoordinationError && error.code === 'VERSION_CONFLICT'
}

/** What a document may have, less some for what is kept with it. */
export const MAX_VALUE_BYTES = 240 * 1024
const MAX_ATTEMPTS = 20
const PAGE = 500
