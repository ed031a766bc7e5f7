/** A source file as the rules see it: path, text, syntax tree, and a walk that knows each node's parent. */
import { parseAst } from 'rolldown/parseAst'

export interface Source {
  /** Relative to the root of the repository, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly tree: Node
}

export interface Finding {
  readonly path: string
  readonly line: number
  readonly message: string
}

/** Any node of the ESTree: the rules look at a few kinds and check what they read. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

export function parseSource(path: string, text: string): Source {
  const tree: unknown = parseAst(text, { lang: path.endsWith('.ts') ? 'ts' : 'js' }, path)
  if (!isNode(tree)) throw new Error(`no syntax tree for ${path}`)
  return { path, text, tree }
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('infra-tests/')
}

export function findingAt(source: Source, position: number, message: string): Finding {
  return { path: source.path, line: lineAt(source.text, position), message }
}

export function lineAt(text: string, position: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at >= 0 && at < position; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

export function walk(source: Source, visit: (node: Node, parent: Node, field: string) => void): void {
  const descend = (parent: Node): void => {
    for (const [field, value] of Object.entries(parent)) {
      for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
        if (!isNode(child)) continue
        visit(child, parent, field)
        descend(child)
      }
    }
  }
  descend(source.tree)
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}

/** Name of an identifier, or undefined for every other node. */
export function nameOf(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Identifier' && typeof node.name === 'string' ? node.name : undefined
}
