/**
 * Kafka's own message schemas and ours in one common form: what one version of a message consists of, field
 * after field. Kafka's are the JSON files under `common/message` of its jars.
 */
import { join } from 'node:path'
import type { Field, Fields, Message, VersionRange } from '@freshet/broker/wire'
import { KAFKA_VERSION } from '../tools/kafka-jars.ts'
import { readZip } from '../tools/zip.ts'

/** One field in one version; `fields` of a struct or of an array of structs. */
export interface FieldForm {
  name: string
  type: string
  nullable: boolean
  tag: number | null
  default: string
  fields: FieldForm[]
}

/** A field that one version lacks. */
export interface AbsentForm {
  path: string
  ignorable: boolean
  default: string
}

export interface MessageForm {
  present: FieldForm[]
  absent: AbsentForm[]
}

export interface KafkaMessage {
  readonly apiKey: number
  readonly type: 'request' | 'response' | 'coordinator-key' | 'coordinator-value'
  readonly name: string
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly KafkaField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly KafkaField[] }[]
}

interface KafkaField {
  readonly name: string
  readonly type: string
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: unknown
  readonly ignorable?: boolean
  readonly fields?: readonly KafkaField[]
}

/** Requests and responses. */
export function readKafkaMessages(jarsFolder: string): Map<string, KafkaMessage> {
  return readSchemas(jarsFolder, 'kafka-clients', /^common\/message\/\w+(Request|Response)\.json$/)
}

/** What the coordinators keep. */
export function readKafkaRecords(jarsFolder: string): Map<string, KafkaMessage> {
  const jars = ['kafka-group-coordinator', 'kafka-share-coordinator', 'kafka-transaction-coordinator']
  const names = /^common\/message\/\w+(Key|Value)\.json$/
  return new Map(jars.flatMap((jar) => [...readSchemas(jarsFolder, jar, names)]))
}

function readSchemas(jarsFolder: string, jarName: string, names: RegExp): Map<string, KafkaMessage> {
  const jar = join(jarsFolder, `${jarName}-${KAFKA_VERSION}.jar`)
  const files = readZip(jar, (name) => names.test(name))
  const messages = [...files.values()].map((content) => {
    const withoutComments = content.toString('utf8').replaceAll(/^\s*\/\/.*$/gm, '')
    return JSON.parse(withoutComments) as KafkaMessage
  })
  return new Map(messages.map((message) => [message.name, message]))
}

/** '3-5', '3+', '3' or 'none' as a first and last version. */
export function parseVersions(text: string | undefined): [min: number, max: number] {
  const [, min, plus, max] = /^(\d+)(\+|-(\d+))?$/.exec(text ?? '') ?? []
  if (min === undefined) return [Infinity, -Infinity]
  if (plus === '+') return [Number(min), Infinity]
  return [Number(min), Number(max ?? min)]
}

/** Fields that none of the `served` versions has are left out: we need not declare them. */
export function kafkaForm(message: KafkaMessage, version: number, served: VersionRange): MessageForm {
  const structs = new Map(message.commonStructs?.map(({ name, fields }) => [name, fields]))
  const absent: AbsentForm[] = []
  const visit = (fields: readonly KafkaField[], path: string): FieldForm[] => {
    const forms: FieldForm[] = []
    for (const field of fields) {
      // A tagged field need not say twice which versions have it.
      const [first, last] = parseVersions(field.versions ?? field.taggedVersions)
      if (first > served[1] || last < served[0]) continue
      const name = field.name[0]!.toLowerCase() + field.name.slice(1)
      const type = field.type.replace(/^\[\]/, '')
      const parts = structs.get(type) ?? field.fields ?? []
      const kind = parts.length === 0 ? type : 'struct'
      const isArray = field.type !== type
      const value = defaultForm(isArray ? 'array' : kind, field.default)
      if (version < first || version > last) {
        absent.push({ path: `${path}${name}`, ignorable: field.ignorable ?? false, default: value })
        continue
      }
      forms.push({
        name,
        type: isArray ? `[]${kind}` : kind,
        nullable: includes(field.nullableVersions, version),
        tag: includes(field.taggedVersions, version) ? field.tag! : null,
        default: value,
        fields: visit(parts, `${path}${name}.`),
      })
    }
    return forms
  }
  return inOrder(visit(message.fields, ''), absent)
}

export function ourForm(message: Message, version: number): MessageForm {
  const absent: AbsentForm[] = []
  const visit = (fields: Fields, path: string): FieldForm[] => {
    const forms: FieldForm[] = []
    for (const [name, field] of Object.entries(fields)) {
      const {
        since = 0,
        until = Infinity,
        nullable = Infinity,
        tag = null,
        ignorable = false,
      } = field.options
      const value = defaultForm(field.kind, field.options.default)
      if (version < since || version > until) {
        absent.push({ path: `${path}${name}`, ignorable, default: value })
        continue
      }
      const parts = (field.item ?? field).fields
      forms.push({
        name,
        type: typeName(field),
        nullable: version >= nullable,
        tag,
        default: value,
        fields: parts === undefined ? [] : visit(parts, `${path}${name}.`),
      })
    }
    return forms
  }
  return inOrder(visit(message.fields, ''), absent)
}

function typeName(field: Field): string {
  return field.kind === 'array' ? `[]${field.item!.kind}` : field.kind
}

function includes(versions: string | undefined, version: number): boolean {
  const [min, max] = parseVersions(versions)
  return min <= version && version <= max
}

/**
 * Plain fields keep their order, which is that of the bytes; tagged ones are ordered by tag, as they are
 * written.
 */
function inOrder(present: FieldForm[], absent: AbsentForm[]): MessageForm {
  const sorted = (forms: FieldForm[]): FieldForm[] => [
    ...forms.filter(({ tag }) => tag === null),
    ...forms.filter(({ tag }) => tag !== null).sort((one, other) => one.tag! - other.tag!),
  ]
  const deep = (forms: FieldForm[]): FieldForm[] =>
    sorted(forms).map((form) => ({ ...form, fields: deep(form.fields) }))
  return { present: deep(present), absent: absent.sort((one, other) => (one.path < other.path ? -1 : 1)) }
}

/**
 * One spelling of a default, whether it was JSON text (numbers also in hex) or a JavaScript value, or not
 * given.
 */
function defaultForm(kind: string, given: unknown): string {
  if (given === null || given === 'null') return 'null'
  if (/^(u?int\d+|float64)$/.test(kind)) return numberForm(given ?? 0)
  if (kind === 'bool') return String(given ?? false).toLowerCase()
  if (kind === 'string') return JSON.stringify(given ?? '')
  return 'empty'
}

function numberForm(given: unknown): string {
  if (given === Infinity) return '9223372036854775807'
  return typeof given === 'string' ? BigInt(given).toString() : String(given)
}
