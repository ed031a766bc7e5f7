/** The rules that look at one file each; `checkAll` applies them all. */
import { checkDependencies, importsOf } from './dependencies.ts'
import {
  type Finding,
  findingAt,
  isNode,
  isTest,
  lineAt,
  type Node,
  nameOf,
  type Source,
  walk,
} from './source.ts'

export const maxFileLines = 350
export const maxFunctionLines = 70

export function checkAll(source: Source): Finding[] {
  return [
    ...checkDependencies(source),
    ...checkNondeterminism(source),
    ...checkFileLength(source),
    ...checkFunctionLengths(source),
    ...checkTestModifiers(source),
    ...checkMarks(source),
  ]
}

const nondeterministicGlobals = new Set([
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'performance',
  'process',
  'globalThis',
])
const nondeterministicModules =
  /^node:(fs|net|crypto|timers|process|perf_hooks|tls|dns|dgram|http|https)(\/|$)/

/** In the broker, time, timers, randomness, disk and sockets enter through `runtime`. */
export function checkNondeterminism(source: Source): Finding[] {
  const inBroker = source.path.startsWith('broker/src/') && !isTest(source.path)
  if (!inBroker || source.path.startsWith('broker/src/runtime/') || source.path === 'broker/src/main.ts')
    return []
  const findings = importsOf(source)
    .filter((found) => nondeterministicModules.test(found.specifier))
    .map((found) =>
      findingAt(source, found.position, `imports ${found.specifier}: only runtime and main.ts may`),
    )
  walk(source, (node, parent, field) => {
    const name = nameOf(node)
    if (name !== undefined && nondeterministicGlobals.has(name) && isReference(parent, field)) {
      findings.push(findingAt(source, node.start, `names ${name}: only runtime and main.ts may`))
    }
    if (isMemberOf(node, 'Math', 'random')) {
      findings.push(findingAt(source, node.start, 'names Math.random: only runtime and main.ts may'))
    }
  })
  return findings
}

export function checkFileLength(source: Source): Finding[] {
  const lines = source.text.split('\n').length - (source.text.endsWith('\n') ? 1 : 0)
  if (lines <= maxFileLines) return []
  return [{ path: source.path, line: lines, message: `${lines} lines, ${maxFileLines} are the limit` }]
}

/** A test's function holds its whole suite: only production code and the harness are measured. */
export function checkFunctionLengths(source: Source): Finding[] {
  if (importsOf(source).some((found) => found.specifier === 'vitest')) return []
  const findings: Finding[] = []
  walk(source, (node) => {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) return
    const lines = lineAt(source.text, node.end) - lineAt(source.text, node.start) + 1
    if (lines <= maxFunctionLines) return
    findings.push(
      findingAt(source, node.start, `a function of ${lines} lines, ${maxFunctionLines} are the limit`),
    )
  })
  return findings
}

const runners = new Set(['test', 'it', 'describe', 'suite', 'bench'])
const modifiers = new Set(['only', 'skip', 'todo'])

export function checkTestModifiers(source: Source): Finding[] {
  const findings: Finding[] = []
  walk(source, (node) => {
    if (node.type !== 'MemberExpression') return
    const modifier = nameOf(node.property)
    if (modifier === undefined || !modifiers.has(modifier) || !runners.has(rootName(node) ?? '')) return
    findings.push(findingAt(source, node.start, `.${modifier} leaves tests out`))
  })
  return findings
}

const marks = new RegExp(
  [
    'TO' + 'DO',
    'FIX' + 'ME',
    '@ts-' + 'ignore',
    '@ts-' + 'expect-error',
    '@ts-' + 'nocheck',
    'biome-' + 'ignore',
  ]
    .map((mark) => `${mark}\\b`)
    .join('|'),
  'g',
)

/** Marks of unfinished work and of silenced checks. */
export function checkMarks(source: Source): Finding[] {
  return [...source.text.matchAll(marks)].map((match) => findingAt(source, match.index, `says ${match[0]}`))
}

/** Whether an identifier in this place is a use of that name, not the name of a property or an import. */
function isReference(parent: Node, field: string): boolean {
  if (parent.type === 'MemberExpression') return field !== 'property' || parent.computed === true
  if (parent.type === 'TSQualifiedName') return field === 'left'
  if (/^(ImportSpecifier|ExportSpecifier)$/.test(parent.type)) return false
  return field !== 'key' || parent.computed === true
}

function isMemberOf(node: Node, object: string, property: string): boolean {
  if (node.type !== 'MemberExpression' || nameOf(node.object) !== object) return false
  return nameOf(node.property) === property || (isNode(node.property) && node.property.value === property)
}

function rootName(node: Node): string | undefined {
  let object: unknown = node.object
  while (isNode(object) && (object.type === 'MemberExpression' || object.type === 'CallExpression')) {
    object = object.type === 'MemberExpression' ? object.object : object.callee
  }
  return nameOf(object)
}
