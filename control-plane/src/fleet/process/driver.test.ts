import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createProcessFleet, LOOPBACK } from './driver.ts'

it('launches a host once, as a folder that the agent finds', async () => {
  const { fleet, dataFolder } = setUp()
  expect(await fleet.listHosts()).toEqual([])
  await fleet.launchHost({ hostId: 'h-1', zone: 'us-east-1a' })
  await fleet.launchHost({ hostId: 'h-1', zone: 'us-east-1a' })
  await fleet.launchHost({ hostId: 'h-2', zone: 'us-east-1b' })
  const file = readFileSync(join(dataFolder, 'hosts', 'h-1', 'host.json'), 'utf8')
  expect(JSON.parse(file)).toEqual({ hostId: 'h-1', zone: 'us-east-1a' })
  expect((await fleet.listHosts()).map(({ hostId }) => hostId).sort()).toEqual(['h-1', 'h-2'])
  await fleet.terminateHost('h-1')
  await fleet.terminateHost('h-1')
  expect((await fleet.listHosts()).map(({ hostId }) => hostId)).toEqual(['h-2'])
})

it('keeps a cluster metadata folder as long as the cluster', async () => {
  const { fleet, dataFolder } = setUp()
  await fleet.prepareCluster('uuid')
  expect(existsSync(join(dataFolder, 'clusters', 'uuid'))).toBe(true)
  const url = fleet.coordinationUrl('uuid')
  expect(decodeURIComponent(url)).toBe(`sqlite://${join(dataFolder, 'clusters', 'uuid', 'coordination.db')}`)
  expect(url).not.toContain(' ')
  await fleet.removeCluster('uuid')
  await fleet.removeCluster('uuid')
  expect(existsSync(join(dataFolder, 'clusters', 'uuid'))).toBe(false)
})

it('takes distinct subnets for distinct zones', async () => {
  const { fleet } = setUp()
  expect(fleet.zones).toEqual(['us-east-1a', 'us-east-1b', 'us-east-1c'])
  expect(await fleet.zonesOf(['subnet-9', 'subnet-3', 'subnet-9'])).toEqual([
    'us-east-1a',
    'us-east-1b',
    'us-east-1a',
  ])
})

it('knows whether a port is free', async () => {
  const { fleet } = setUp()
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, LOOPBACK, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : 0)
    })
  })
  expect(await fleet.isPortFree('h-1', port)).toBe(false)
  await new Promise((resolve) => server.close(resolve))
  expect(await fleet.isPortFree('h-1', port)).toBe(true)
})

function setUp() {
  const dataFolder = mkdtempSync(join(tmpdir(), 'fleet with space-'))
  onTestFinished(() => rmSync(dataFolder, { recursive: true }))
  return { dataFolder, fleet: createProcessFleet({ dataFolder, region: 'us-east-1' }) }
}
