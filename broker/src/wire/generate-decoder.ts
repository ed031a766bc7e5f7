/**
 * Generates the JavaScript that decodes one version of one message: a function for every struct and array.
 * Neighbouring fields of fixed size are checked and read as one run. What a struct of two fields becomes:
 *
 *     function read_topic_1(r) {
 *       const b = r.buffer
 *       const at0 = r.take(6)
 *       const f0 = int16(b, at0 + 0), f1 = int32(b, at0 + 2)
 *       r.skipTags()
 *       return { partitions: f0, index: f1 }
 *     }
 *
 * Only names and defaults of our own schemas enter the source, never anything that was received.
 */
import type { Layout, NamedField } from './layout.ts'
import {
  defaultSource,
  fixedSize,
  isNullable,
  isPresent,
  minimalSize,
  namedFields,
  taggedFields,
  untaggedFields,
} from './layout.ts'
import type { Field, Fields } from './schema.ts'

/** A list of functions; the last one decodes the whole message and is called `readMessage`. */
export function decoderSource(layout: Layout): string {
  const functions: string[] = []
  const name = structReader(layout, 'message', layout.message.fields, functions)
  return [...functions, `const readMessage = ${name}`].join('\n')
}

function structReader(layout: Layout, label: string, fields: Fields, functions: string[]): string {
  const all = namedFields(fields)
  const variables = new Map(all.map(([name], index) => [name, `f${index}`]))
  const absent = all.filter(([, field]) => !isPresent(layout, field) || field.options.tag !== undefined)
  const body = [
    'const b = r.buffer',
    ...absent.map(([name, field]) => `let ${variables.get(name)} = ${defaultSource(field)}`),
    ...untaggedReads(layout, fields, variables, functions),
    ...(layout.flexible ? tagReads(layout, fields, variables, functions) : []),
    `return { ${all.map(([name]) => `${name}: ${variables.get(name)}`).join(', ')} }`,
  ]
  return addFunction(functions, label, body)
}

function untaggedReads(
  layout: Layout,
  fields: Fields,
  variables: ReadonlyMap<string, string>,
  functions: string[],
): string[] {
  const lines: string[] = []
  let run: NamedField[] = []
  const endRun = () => {
    if (run.length === 0) return
    const start = `at${lines.length}`
    let offset = 0
    const reads = run.map(([name, field]) => {
      const read = `${variables.get(name)} = ${field.kind}(b, ${start} + ${offset})`
      offset += fixedSize(field)!
      return read
    })
    lines.push(`const ${start} = r.take(${offset})`, `const ${reads.join(', ')}`)
    run = []
  }
  for (const [name, field] of untaggedFields(layout, fields)) {
    if (fixedSize(field) !== undefined) {
      run.push([name, field])
      continue
    }
    endRun()
    lines.push(`const ${variables.get(name)} = ${readSource(layout, name, field, functions)}`)
  }
  endRun()
  return lines
}

function tagReads(
  layout: Layout,
  fields: Fields,
  variables: ReadonlyMap<string, string>,
  functions: string[],
): string[] {
  const tagged = taggedFields(layout, fields)
  if (tagged.length === 0) return ['r.skipTags()']
  const cases = tagged.map(([name, field]) => {
    const read = `${variables.get(name)} = ${readSource(layout, name, field, functions)}`
    return `case ${field.options.tag}: ${read}; break`
  })
  return [
    'let tag = -1',
    'for (let left = r.unsignedVarint(); left > 0; left--) {',
    'tag = r.tag(tag)',
    'const end = r.tagEnd()',
    `switch (tag) { ${cases.join('; ')}; default: r.position = end }`,
    'r.expectPosition(end)',
    '}',
  ]
}

/** An expression that reads one value. */
function readSource(layout: Layout, name: string, field: Field, functions: string[]): string {
  const size = fixedSize(field)
  if (size !== undefined) return `${field.kind}(b, r.take(${size}))`
  const nullable = isNullable(layout, field)
  const method = [...(layout.flexible ? ['compact'] : []), ...(nullable ? ['nullable'] : [])]
  switch (field.kind) {
    case 'string':
      return `r.${camelCase([...method, 'string'])}()`
    case 'struct': {
      const read = `${structReader(layout, name, field.fields!, functions)}(r)`
      return nullable ? `(r.structIsNull() ? null : ${read})` : read
    }
    case 'array':
      return `${arrayReader(layout, name, field, functions)}(r)`
    default:
      return `r.${camelCase([...method, 'bytes'])}()`
  }
}

function arrayReader(layout: Layout, name: string, field: Field, functions: string[]): string {
  const item = field.item!
  const least = minimalSize(layout, item)
  if (least === 0) throw new TypeError(`an item of ${name} may take no byte: its array has no bound`)
  const isNumeric = fixedSize(item) !== undefined && item.kind !== 'uuid'
  const count = layout.flexible ? 'compactArrayCount' : 'arrayCount'
  return addFunction(functions, name, [
    'const b = r.buffer',
    `const count = r.${count}(${least}, ${isNumeric})`,
    `if (count < 0) ${isNullable(layout, field) ? 'return null' : 'r.refuseNull()'}`,
    'const items = new Array(count)',
    `for (let i = 0; i < count; i++) items[i] = ${readSource(layout, name, item, functions)}`,
    'return items',
  ])
}

/** Functions carry the name of their field, so that a profile can be read. */
function addFunction(functions: string[], label: string, body: readonly string[]): string {
  const name = `read_${label}_${functions.length}`
  functions.push(`function ${name}(r) {\n  ${body.join('\n  ')}\n}`)
  return name
}

function camelCase(words: readonly string[]): string {
  return words.map((word, index) => (index === 0 ? word : word[0]!.toUpperCase() + word.slice(1))).join('')
}
