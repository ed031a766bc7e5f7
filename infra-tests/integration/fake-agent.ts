import { existsSync, readdirSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { SyncResponse, UnitSpec, UnitStatus } from '@freshet/host-agent'

/**
 * A host agent whose "brokers" are sockets that answer ApiVersions and Metadata: the whole control plane can be
 * tested through its API without starting a broker.
 */
export interface FakeAgent {
  /** Unit ids that are "running". */
  running(): string[]
  stop(): Promise<void>
}

export function startFakeAgent(options: { dataFolder: string; endpoint: string; token: string }): FakeAgent {
  const abort = new AbortController()
  const hosts = new Map<string, Promise<void>>()
  const brokers = new Map<string, FakeBroker>()
  const discover = () => {
    const folder = join(options.dataFolder, 'hosts')
    for (const hostId of existsSync(folder) ? readdirSync(folder) : []) {
      if (hosts.has(hostId) || !existsSync(join(folder, hostId, 'host.json'))) continue
      const served = serveHost(hostId, options, brokers, abort.signal).finally(() => hosts.delete(hostId))
      hosts.set(hostId, served)
    }
  }
  const timer = setInterval(discover, 20)
  return {
    running: () => [...brokers.keys()],
    async stop() {
      clearInterval(timer)
      abort.abort()
      await Promise.all(hosts.values())
      await Promise.all([...brokers.values()].map(({ close }) => close()))
    },
  }
}

async function serveHost(
  hostId: string,
  { endpoint, token }: { endpoint: string; token: string },
  brokers: Map<string, FakeBroker>,
  signal: AbortSignal,
): Promise<void> {
  let answer: SyncResponse = { revision: 0, units: [] }
  let applied: UnitStatus[] = []
  let waitMs = 0
  while (!signal.aborted) {
    const response = await fetch(`${endpoint}/internal/hosts/${hostId}/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ revision: answer.revision, waitMs, units: applied }),
      signal,
    }).catch(() => undefined)
    if (response?.status === 404) return
    if (!response?.ok) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      continue
    }
    const next = (await response.json()) as SyncResponse
    // A changed revision is applied and reported at once; an unchanged one is waited upon.
    waitMs = next.revision === answer.revision ? 5_000 : 0
    answer = next
    applied = await Promise.all(answer.units.map((unit) => apply(unit, brokers)))
  }
}

async function apply(unit: UnitSpec, brokers: Map<string, FakeBroker>): Promise<UnitStatus> {
  const running = brokers.get(unit.unitId)
  if (unit.desired !== 'RUNNING') {
    brokers.delete(unit.unitId)
    await running?.close()
    return { unitId: unit.unitId, state: unit.desired, restarts: 0 }
  }
  if (!running) brokers.set(unit.unitId, await startBroker(unit, brokers))
  return { unitId: unit.unitId, state: 'RUNNING', pid: process.pid, restarts: 0 }
}

interface FakeBroker {
  readonly unit: UnitSpec
  close(): Promise<void>
}

function startBroker(unit: UnitSpec, brokers: ReadonlyMap<string, FakeBroker>): Promise<FakeBroker> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (request) => socket.write(metadata(request, unit, brokers)))
  })
  const close = () =>
    new Promise<void>((resolve) => {
      for (const socket of sockets) socket.destroy()
      server.close(() => resolve())
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(unit.port, '127.0.0.1', () => resolve({ unit, close }))
  })
}

/** Metadata version 1: brokers with host, port and rack, the controller, no topics. */
function metadata(request: Buffer, unit: UnitSpec, brokers: ReadonlyMap<string, FakeBroker>): Buffer {
  const peers = [...brokers.values()].filter((broker) => broker.unit.clusterId === unit.clusterId)
  const listed = peers.flatMap((peer) => [
    int32(peer.unit.brokerId),
    string('127.0.0.1'),
    int32(peer.unit.port),
    NULL,
  ])
  const correlationId = request.subarray(8, 12)
  const body = Buffer.concat([correlationId, int32(peers.length), ...listed, int32(unit.brokerId), int32(0)])
  return Buffer.concat([int32(body.length), body])
}

const NULL = Buffer.from([0xff, 0xff])

function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32BE(value)
  return buffer
}

function string(text: string): Buffer {
  return Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), Buffer.from(text)])
}
