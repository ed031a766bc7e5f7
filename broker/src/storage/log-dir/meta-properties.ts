/** `meta.properties`: to which cluster and broker a log dir belongs. */
export interface MetaProperties {
  readonly clusterId: string
  readonly nodeId: number
  readonly directoryId: string
}

const VERSION = '1'

export function encodeMetaProperties(meta: MetaProperties): Buffer {
  const lines = [
    `cluster.id=${meta.clusterId}`,
    `directory.id=${meta.directoryId}`,
    `node.id=${meta.nodeId}`,
    `version=${VERSION}`,
  ]
  return Buffer.from(`${lines.join('\n')}\n`)
}

export function decodeMetaProperties(bytes: Buffer): MetaProperties | undefined {
  const lines = bytes.toString().split('\n')
  const properties = new Map(lines.map((line) => [keyOf(line), line.slice(line.indexOf('=') + 1).trim()]))
  const clusterId = properties.get('cluster.id')
  const directoryId = properties.get('directory.id')
  const nodeId = Number(properties.get('node.id'))
  const isWhole =
    properties.get('version') === VERSION && clusterId && directoryId && Number.isInteger(nodeId)
  return isWhole ? { clusterId, nodeId, directoryId } : undefined
}

function keyOf(line: string): string {
  return line.slice(0, Math.max(line.indexOf('='), 0)).trim()
}
