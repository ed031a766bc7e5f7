/**
 * The errors that requests are answered with, as `kafka.network:type=RequestMetrics,name=ErrorsPerSec` tells of them: each
 * `errorCode` in an answer counts, wherever it is. Where they are is read from the schema, once per API.
 */
import { type Api, ErrorCode, errorName, type Field, type Fields } from '../wire/index.ts'
import type { Meter } from './metrics/meter.ts'
import type { MetricRegistry } from './metrics/registry.ts'

type Body = Readonly<Record<string, unknown>>
type Found = (code: number) => void
type Search = (body: Body, found: Found) => void

export class RequestErrors {
  readonly #registry: MetricRegistry
  readonly #searches = new Map<Api, Search | undefined>()
  readonly #meters = new Map<string, Meter>()

  constructor(registry: MetricRegistry) {
    this.#registry = registry
  }

  /** `request` may say more than the API's name. NONE is not counted: that is what RequestsPerSec tells. */
  answered(request: string, api: Api, body: object): void {
    let search = this.#searches.get(api)
    if (search === undefined && !this.#searches.has(api)) {
      search = searchOf(api.response.fields)
      this.#searches.set(api, search)
    }
    search?.(body as Body, (code) => this.#meter(request, code).mark(1))
  }

  #meter(request: string, code: number): Meter {
    const error = errorName(code)
    const key = `${request} ${error}`
    let meter = this.#meters.get(key)
    if (meter === undefined) {
      meter = this.#registry.meter('kafka.network', 'RequestMetrics', {
        name: 'ErrorsPerSec',
        request,
        error,
      })
      this.#meters.set(key, meter)
    }
    return meter
  }
}

/** Undefined where there can be no error. */
function searchOf(fields: Fields): Search | undefined {
  const searches = Object.entries(fields).flatMap(([name, field]) => fieldSearch(name, field) ?? [])
  if (searches.length === 0) return undefined
  return (body, found) => {
    for (const search of searches) search(body, found)
  }
}

function fieldSearch(name: string, field: Field): Search | undefined {
  if (name === 'errorCode') {
    return (body, found) => {
      const code = body[name]
      if (typeof code === 'number' && code !== ErrorCode.NONE) found(code)
    }
  }
  const inner = field.item?.fields ?? field.fields
  const search = inner && searchOf(inner)
  if (search === undefined) return undefined
  return (body, found) => {
    const value = body[name]
    if (Array.isArray(value)) for (const item of value) search(item, found)
    else if (typeof value === 'object' && value !== null) search(value as Body, found)
  }
}
