/** `listeners` and `advertised.listeners`: names, protocols by `listener.security.protocol.map`, addresses (KIP-103). */
import { splitList } from './definition.ts'

export interface ListenerConfig {
  readonly name: string
  readonly securityProtocol: 'PLAINTEXT'
  readonly host: string
  readonly port: number
}

/** What is wrong, without the name of the property. */
export class ListenerError extends Error {}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** By listener name; without a map each protocol is also the name of its listener. */
export function parseProtocolMap(text: string | undefined): ReadonlyMap<string, string> {
  if (text === undefined) return new Map(PROTOCOLS.map((protocol) => [protocol, protocol]))
  return new Map(splitList(text).map(parseMapping))
}

export function parseListeners(text: string, protocols: ReadonlyMap<string, string>): ListenerConfig[] {
  const listeners = splitList(text).map((listener) => parseListener(listener, protocols))
  if (listeners.length === 0) throw new ListenerError('at least one listener is needed')
  if (new Set(listeners.map(({ name }) => name)).size !== listeners.length) {
    throw new ListenerError('each listener must have a different name')
  }
  return listeners
}

function parseMapping(text: string): [name: string, protocol: string] {
  const [, name, protocol] = /^([A-Za-z0-9_.-]+):([A-Za-z_]+)$/.exec(text) ?? []
  if (name === undefined || !PROTOCOLS.includes(protocol?.toUpperCase() ?? '')) {
    throw new ListenerError(`'${text}' is not of the form NAME:protocol, with one of ${PROTOCOLS.join(', ')}`)
  }
  return [name.toUpperCase(), protocol!.toUpperCase()]
}

function parseListener(text: string, protocols: ReadonlyMap<string, string>): ListenerConfig {
  const [, rawName, bracketed, plain, rawPort] =
    /^([A-Za-z0-9_.-]+):\/\/(?:\[([^\]]*)\]|([^:/[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const name = rawName?.toUpperCase()
  const port = Number(rawPort)
  if (name === undefined || port > 65535)
    throw new ListenerError(`'${text}' is not of the form NAME://host:port`)
  const protocol = protocols.get(name)
  if (protocol === undefined) throw new ListenerError(`no security protocol is defined for listener ${name}`)
  if (protocol !== 'PLAINTEXT') {
    throw new ListenerError(`security protocol ${protocol} is not available yet; only PLAINTEXT is`)
  }
  return { name, securityProtocol: 'PLAINTEXT', host: bracketed ?? plain ?? '', port }
}
