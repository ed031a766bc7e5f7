/** `listeners` and `advertised.listeners`: names, protocols and addresses. */
import { splitList } from './definition.ts'

export interface ListenerConfig {
  readonly name: string
  readonly securityProtocol: 'PLAINTEXT'
  readonly host: string
  readonly port: number
}

/** What is wrong, without the name of the property. */
export class ListenerError extends Error {}

export function parseListeners(text: string): ListenerConfig[] {
  const listeners = splitList(text).map(parseListener)
  if (listeners.length === 0) throw new ListenerError('at least one listener is needed')
  if (new Set(listeners.map(({ name }) => name)).size !== listeners.length) {
    throw new ListenerError('each listener must have a different name')
  }
  return listeners
}

function parseListener(text: string): ListenerConfig {
  const [, rawName, bracketed, plain, rawPort] =
    /^([A-Za-z0-9_.-]+):\/\/(?:\[([^\]]*)\]|([^:/[\]]*)):(\d{1,5})$/.exec(text) ?? []
  const name = rawName?.toUpperCase()
  const port = Number(rawPort)
  if (name === undefined || port > 65535)
    throw new ListenerError(`'${text}' is not of the form NAME://host:port`)
  if (name !== 'PLAINTEXT') {
    throw new ListenerError(`security protocol ${name} is not available yet; only PLAINTEXT is`)
  }
  return { name, securityProtocol: 'PLAINTEXT', host: bracketed ?? plain ?? '', port }
}
