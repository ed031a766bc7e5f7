import type { ConfigChanges } from '../../kafka/admin.ts'
import { badRequest } from '../http/errors.ts'

/**
 * `configs` of a topic: Base64 on the wire, of a JSON object (what Terraform sends and reads) or of `name=value`
 * lines (what the AWS CLI's documentation shows). Both are taken; JSON is given back.
 */
export function parseTopicConfigs(text: string): Record<string, string> {
  const changes = Object.entries(parseConfigChanges(text))
  return Object.fromEntries(changes.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** As parseTopicConfigs; what is null, or has nothing behind its `=`, is to be the cluster's again. */
export function parseConfigChanges(text: string): ConfigChanges {
  const decoded = Buffer.from(text, 'base64').toString('utf8').trim()
  if (decoded === '') return {}
  return decoded.startsWith('{') ? parseObject(decoded) : parseLines(decoded)
}

export function formatTopicConfigs(configs: ConfigChanges): string {
  return Buffer.from(JSON.stringify(configs)).toString('base64')
}

function parseObject(text: string): ConfigChanges {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null) throw invalid('configs is not a JSON object.')
  return Object.fromEntries(
    Object.entries(value).map(([name, setting]) => {
      if (setting === null) return [name, null]
      if (typeof setting === 'object') throw invalid(`The value of ${name} is not a string.`)
      return [name, String(setting)]
    }),
  )
}

function parseLines(text: string): ConfigChanges {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'))
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      if (at < 1) throw invalid('configs has a line that is not of the form name=value.')
      return [line.slice(0, at).trim(), line.slice(at + 1).trim() || null]
    }),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('configs is not valid JSON.')
  }
}

function invalid(message: string) {
  return badRequest(message, 'configs')
}
