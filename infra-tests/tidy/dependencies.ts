/** The dependency rule: who may import whom. */
import { posix } from 'node:path'
import { type Finding, findingAt, isNode, isTest, type Node, type Source, walk } from './source.ts'

export interface Import {
  readonly position: number
  readonly specifier: string
  /** Path in the repository for our own files, else the package or node module as written. */
  readonly target: string
  readonly typesOnly: boolean
}

/** Rooms of the broker that state what they may import; the others may import any room but `server`. */
const allowedRooms: Readonly<Record<string, { values: string[]; types: string[] }>> = {
  wire: { values: [], types: [] },
  storage: { values: ['wire', 'runtime'], types: ['wire', 'runtime'] },
  cluster: { values: ['wire'], types: ['wire', 'runtime', 'apis'] },
  coordinators: { values: ['wire'], types: ['wire', 'runtime', 'apis'] },
}
const pureRooms = ['cluster', 'coordinators']
const packageFolders: Readonly<Record<string, string>> = {
  '@freshet/broker': 'broker/',
  '@freshet/cdk': 'cdk/',
  '@freshet/control-plane': 'control-plane/',
  '@freshet/infra-tests': 'infra-tests/',
}

export function checkDependencies(source: Source): Finding[] {
  return importsOf(source).flatMap((found) => {
    const message = objectionTo(source.path, found)
    return message ? [findingAt(source, found.position, message)] : []
  })
}

export function importsOf(source: Source): Import[] {
  const imports: Import[] = []
  walk(source, (node) => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return
    const typesOnly = isTypesOnly(node)
    imports.push({ position: node.start, specifier, target: resolve(source.path, specifier), typesOnly })
  })
  return imports
}

function objectionTo(path: string, found: Import): string | undefined {
  const { target, specifier } = found
  const outside = !path.startsWith('infra-tests/') && target.startsWith('infra-tests/')
  if (outside) return `imports ${specifier}: nothing imports infra-tests`
  if (path.startsWith('control-plane/') && target.startsWith('broker/')) {
    return `imports ${specifier}: the control plane talks to brokers as any client does`
  }
  if (path.startsWith('broker/') && target.startsWith('control-plane/')) {
    return `imports ${specifier}: the broker knows nothing of the control plane`
  }
  // A test of the templates may look whether the programs understand them.
  if (path.startsWith('cdk/') && !isTest(path) && isProgram(target)) {
    return `imports ${specifier}: templates and the programs that they start know each other by options only`
  }
  const room = roomOf(path)
  return room === undefined || isTest(path) ? undefined : objectionInRoom(room, found)
}

function isProgram(target: string): boolean {
  return /^(broker|control-plane|services|@freshet)\//.test(target)
}

function objectionInRoom(room: string, { target, specifier, typesOnly }: Import): string | undefined {
  if (pureRooms.includes(room) && target.startsWith('node:')) return `imports ${specifier}: ${room} is pure`
  const other = roomOf(target)
  if (other === undefined || other === room) {
    const ours = target.startsWith('broker/') || specifier.startsWith('@freshet/')
    const strict = allowedRooms[room] !== undefined && other === undefined && ours
    return strict ? `imports ${specifier}: ${room} may not` : undefined
  }
  const allowed = allowedRooms[room]
  if (!allowed) return objectionToServer(room, other, specifier, typesOnly)
  if (allowed.values.includes(other) || (typesOnly && allowed.types.includes(other))) return undefined
  const hint = allowed.types.includes(other) ? ' (its types it may)' : ''
  return `imports ${specifier}: ${room} may not import ${other}${hint}`
}

function objectionToServer(
  room: string,
  other: string,
  specifier: string,
  typesOnly: boolean,
): string | undefined {
  if (other !== 'server' || room === 'server') return undefined
  if (room === 'apis' && typesOnly) return undefined
  return `imports ${specifier}: ${room} may not import server${room === 'apis' ? ' (its types it may)' : ''}`
}

/** The folder below broker/src, or undefined for files elsewhere and for main.ts. */
function roomOf(path: string): string | undefined {
  return /^broker\/src\/([^/]+)\//.exec(path)?.[1]
}

function resolve(from: string, specifier: string): string {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(from), specifier)
  for (const [name, folder] of Object.entries(packageFolders)) {
    if (specifier === name || specifier.startsWith(`${name}/`))
      return folder + specifier.slice(name.length + 1)
  }
  return specifier
}

function specifierOf(node: Node): string | undefined {
  const kinds = [
    'ImportDeclaration',
    'ExportNamedDeclaration',
    'ExportAllDeclaration',
    'ImportExpression',
    'TSImportType',
  ]
  if (!kinds.includes(node.type)) return undefined
  const { source } = node
  return isNode(source) && typeof source.value === 'string' ? source.value : undefined
}

function isTypesOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node.importKind === 'type' || node.exportKind === 'type') return true
  const specifiers = Array.isArray(node.specifiers) ? (node.specifiers as unknown[]) : []
  return (
    specifiers.length > 0 &&
    specifiers.every((item) => isNode(item) && (item.importKind === 'type' || item.exportKind === 'type'))
  )
}
