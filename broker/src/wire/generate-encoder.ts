/**
 * Generates the JavaScript that encodes one version of one message: a function for every struct and array.
 * Neighbouring fields of fixed size share one reservation. What a struct of two fields becomes:
 *
 *     function write_topic_1(w, o) {
 *       const f0 = o.name, f1 = o.index ?? -1
 *       w.compactString(f0)
 *       const at1 = w.reserve(4)
 *       putInt32(w.view, at1 + 0, f1)
 *       w.compactNull()
 *     }
 */
import type { Layout, NamedField } from './layout.ts'
import {
  defaultSource,
  fixedSize,
  isNullable,
  isPresent,
  namedFields,
  taggedFields,
  untaggedFields,
} from './layout.ts'
import type { Field, Fields } from './schema.ts'

/** A list of functions; `writeMessage` encodes the whole message. */
export function encoderSource(layout: Layout): string {
  const functions: string[] = []
  const name = structWriter(layout, 'message', layout.message.fields, functions)
  return [...functions, `const writeMessage = ${name}`].join('\n')
}

function structWriter(layout: Layout, label: string, fields: Fields, functions: string[]): string {
  const all = namedFields(fields)
  const variables = new Map(all.map(([name], index) => [name, `f${index}`]))
  const body = [
    ...all.flatMap(([name, field]) => fieldValue(layout, name, field, variables.get(name)!)),
    ...untaggedWrites(layout, fields, variables, functions),
    ...(layout.flexible ? tagWrites(layout, fields, variables, functions) : []),
  ]
  return addFunction(functions, label, 'o', body)
}

/** Takes a field from the object, or makes sure that nothing is lost where the version has no such field. */
function fieldValue(layout: Layout, name: string, field: Field, variable: string): string[] {
  const given = `o.${name}`
  if (!isPresent(layout, field)) {
    return field.options.ignorable || layout.message.isResponse
      ? []
      : [`if (!${isDefaultSource(field, given)}) refuseField('${name}')`]
  }
  const lines = [`const ${variable} = ${given} === undefined ? ${defaultSource(field)} : ${given}`]
  if (field.options.nullable !== undefined && !isNullable(layout, field)) {
    lines.push(`if (${variable} === null) refuseNull('${name}')`)
  }
  return lines
}

function untaggedWrites(
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
    const writes = run.map(([name, field]) => {
      const write = putSource(field, `${start} + ${offset}`, variables.get(name)!)
      offset += fixedSize(field)!
      return write
    })
    lines.push(`const ${start} = w.reserve(${offset})`, ...writes)
    run = []
  }
  for (const [name, field] of untaggedFields(layout, fields)) {
    if (fixedSize(field) !== undefined) {
      run.push([name, field])
      continue
    }
    endRun()
    lines.push(writeSource(layout, name, field, variables.get(name)!, functions))
  }
  endRun()
  return lines
}

function tagWrites(
  layout: Layout,
  fields: Fields,
  variables: ReadonlyMap<string, string>,
  functions: string[],
): string[] {
  const tagged = taggedFields(layout, fields)
  if (tagged.length === 0) return ['w.compactNull()']
  const present = tagged.map(([name, field]) => {
    const variable = variables.get(name)!
    return `const has_${variable} = !${isDefaultSource(field, variable)}`
  })
  const count = tagged.map(([name]) => `(has_${variables.get(name)} ? 1 : 0)`).join(' + ')
  const writes = tagged.map(([name, field]) => {
    const variable = variables.get(name)!
    const write = writeSource(layout, name, field, variable, functions)
    return `if (has_${variable}) { const mark = w.beginTag(${field.options.tag}); ${write}; w.endTag(mark) }`
  })
  return [...present, `w.unsignedVarint(${count})`, ...writes]
}

/** A statement that writes one value. */
function writeSource(layout: Layout, name: string, field: Field, value: string, functions: string[]): string {
  const size = fixedSize(field)
  if (size !== undefined) return `{ const at = w.reserve(${size}); ${putSource(field, 'at', value)} }`
  const nullable = isNullable(layout, field)
  if (field.kind === 'struct') {
    const write = `${structWriter(layout, name, field.fields!, functions)}(w, ${value})`
    if (!nullable) return write
    return `w.structMarker(${value} === null); if (${value} !== null) ${write}`
  }
  const source = lengthPrefixedSource(layout, name, field, value, functions)
  if (!nullable) return source
  const nullMethod = layout.flexible ? 'compactNull' : field.kind === 'string' ? 'nullString' : 'nullBytes'
  return `if (${value} === null) w.${nullMethod}(); else ${source}`
}

function lengthPrefixedSource(
  layout: Layout,
  name: string,
  field: Field,
  value: string,
  functions: string[],
): string {
  switch (field.kind) {
    case 'string':
      return `w.${layout.flexible ? 'compactString' : 'string'}(${value})`
    case 'array':
      return `${arrayWriter(layout, name, field, functions)}(w, ${value})`
    default:
      return `w.${layout.flexible ? 'compactBytes' : 'bytes'}(${value})`
  }
}

function arrayWriter(layout: Layout, name: string, field: Field, functions: string[]): string {
  const item = field.item!
  const size = fixedSize(item)
  const count = `w.${layout.flexible ? 'compactArrayCount' : 'arrayCount'}(items.length)`
  if (size !== undefined) {
    return addFunction(functions, name, 'items', [
      count,
      `let at = w.reserve(${size} * items.length)`,
      `for (let i = 0; i < items.length; i++, at += ${size}) ${putSource(item, 'at', 'items[i]')}`,
    ])
  }
  return addFunction(functions, name, 'items', [
    count,
    'for (let i = 0; i < items.length; i++) {',
    'const item = items[i]',
    writeSource(layout, name, item, 'item', functions),
    '}',
  ])
}

/** Whether a value is the default, which a tagged field leaves out and an absent field may have. */
function isDefaultSource(field: Field, value: string): string {
  if (field.options.default === null) return `(${value} === undefined || ${value} === null)`
  switch (field.kind) {
    case 'array':
    case 'bytes':
    case 'records':
      return `(${value} === undefined || (${value} !== null && ${value}.length === 0))`
    case 'struct': {
      const parts = namedFields(field.fields!).map(([name, part]) =>
        isDefaultSource(part, `${value}.${name}`),
      )
      return `(${value} === undefined || (${[`${value} !== null`, ...parts].join(' && ')}))`
    }
    default:
      return `(${value} === undefined || ${value} === ${defaultSource(field)})`
  }
}

/** A statement that puts a value of fixed size at a reserved place. */
function putSource(field: Field, at: string, value: string): string {
  const target = field.kind === 'uuid' ? 'w.buffer' : 'w.view'
  return `put${field.kind[0]!.toUpperCase()}${field.kind.slice(1)}(${target}, ${at}, ${value})`
}

function addFunction(functions: string[], label: string, parameter: string, body: readonly string[]): string {
  const name = `write_${label}_${functions.length}`
  functions.push(`function ${name}(w, ${parameter}) {\n  ${body.join('\n  ')}\n}`)
  return name
}
