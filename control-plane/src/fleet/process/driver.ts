import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Host, HostFailure } from '../../model/host.ts'
import { DONE, type FleetDriver } from '../driver.ts'

/**
 * The laptop's fleet: a host is a folder `hosts/<hostId>` with a host.json that the host agent finds, zones are
 * labels. Subnets do not exist here, so distinct subnets stand for distinct zones in the order given.
 */
export function createProcessFleet(options: { dataFolder: string; region: string }): FleetDriver {
  const root = resolve(options.dataFolder)
  const hostFolder = (hostId: string) => join(root, 'hosts', hostId)
  const clusterFolder = (clusterUuid: string) => join(root, 'clusters', clusterUuid)
  const zone = (index: number) => `${options.region}${ZONE_LETTERS[index % ZONE_LETTERS.length]}`

  // A folder has no size: type and volume are kept for whoever looks, and limit nothing.
  const launchHost: FleetDriver['launchHost'] = async (host) => {
    const folder = hostFolder(host.hostId)
    const file = join(folder, HOST_FILE)
    const text = JSON.stringify(host)
    if (existsSync(file) && (await readFile(file, 'utf8')) === text) return LAUNCHED
    await mkdir(folder, { recursive: true })
    // The agent reads host.json as soon as it appears: it must appear whole.
    await writeFile(join(folder, `${HOST_FILE}.new`), text)
    await rename(join(folder, `${HOST_FILE}.new`), join(folder, HOST_FILE))
    return LAUNCHED
  }

  return {
    zones: [zone(0), zone(1), zone(2)],
    takeOver: () => undefined,
    async zonesOf(subnetIds) {
      const distinct = [...new Set(subnetIds)]
      return subnetIds.map((subnetId) => zone(distinct.indexOf(subnetId)))
    },

    launchHost,
    changingVolumes: async () => new Map(),
    async findFailures(hostIds) {
      const lost = [...hostIds].filter((hostId) => !existsSync(join(hostFolder(hostId), HOST_FILE)))
      return new Map(lost.map((hostId) => [hostId, FOLDER_LOST]))
    },
    replaceHost: launchHost,
    // A folder is no machine, and is made of nothing.
    instanceOf: async () => undefined,
    outdatedHosts: async () => new Map(),
    async terminateHost(hostId) {
      await rm(hostFolder(hostId), REMOVE)
      return DONE
    },
    async listHosts() {
      const names = existsSync(join(root, 'hosts')) ? await readdir(join(root, 'hosts')) : []
      const files = names.map((name) => join(hostFolder(name), HOST_FILE)).filter((file) => existsSync(file))
      return Promise.all(files.map(readHost))
    },

    volumeOf: async () => undefined,
    isPortFree: (_hostId, port) => canListen(port),
    dataFolder: (hostId, unitId) => join(hostFolder(hostId), 'units', unitId, 'data'),

    async prepareCluster(clusterUuid) {
      await mkdir(clusterFolder(clusterUuid), { recursive: true })
    },
    coordinationUrl: (clusterUuid) =>
      `sqlite://${pathToFileURL(join(clusterFolder(clusterUuid), 'coordination.db')).pathname}`,
    removeCluster: (clusterUuid) => rm(clusterFolder(clusterUuid), REMOVE),
  }
}

export const LOOPBACK = '127.0.0.1'
const FOLDER_LOST: HostFailure = { kind: 'VOLUME_LOST', reason: 'its folder is gone' }
const LAUNCHED = { done: true, address: LOOPBACK } as const

export function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, LOOPBACK, () => server.close(() => resolve(true)))
  })
}

const HOST_FILE = 'host.json'
const ZONE_LETTERS = 'abcdef'
const REMOVE = { recursive: true, force: true, maxRetries: 3 }

async function readHost(file: string): Promise<Host> {
  const host: { hostId?: unknown; zone?: unknown } = JSON.parse(await readFile(file, 'utf8'))
  if (typeof host.hostId !== 'string' || typeof host.zone !== 'string')
    throw new Error(`${file} names no host`)
  return { hostId: host.hostId, zone: host.zone }
}
