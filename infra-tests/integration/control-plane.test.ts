import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as sdk from '@aws-sdk/client-kafka'
import { afterEach, expect, it } from 'vitest'
import { runProgram } from '../support/programs.ts'
import { PATIENCE_MS, waitFor } from '../support/wait.ts'
import { AGENT_TOKEN, type ControlPlaneProcess, program, startControlPlane } from './control-plane-process.ts'

/** The control plane as a process: how it starts, dies, comes back and ends. */

const running: ControlPlaneProcess[] = []
afterEach(async () => {
  for (const controlPlane of running.splice(0)) await controlPlane.stop()
})

it('finishes after kill -9 what it had begun, and makes nothing twice', async () => {
  const controlPlane = await start()
  for (let round = 0; round < 3; round++) {
    const arns = await Promise.all([1, 2, 3].map((n) => create(controlPlane, `c-${round}-${n}`)))
    controlPlane.child().process.kill('SIGKILL')
    await controlPlane.restart()
    for (const arn of arns) await isActive(controlPlane, arn)
  }
  const { clusters } = (await health(controlPlane)) as { clusters: { bootstrapBrokers: string }[] }
  const endpoints = clusters.flatMap(({ bootstrapBrokers }) => bootstrapBrokers.split(','))
  expect(endpoints).toHaveLength(27)
  expect(new Set(endpoints).size).toBe(27)
  expect(controlPlane.agent.running()).toHaveLength(27)
  expect(readdirSync(join(controlPlane.dataFolder, 'hosts'))).toHaveLength(6)
})

it('finishes a deletion after kill -9 and leaves nothing behind', async () => {
  const controlPlane = await start()
  const arn = await create(controlPlane, 'orders')
  await isActive(controlPlane, arn)
  await client(controlPlane).send(new sdk.DeleteClusterCommand({ ClusterArn: arn }))
  controlPlane.child().process.kill('SIGKILL')
  await controlPlane.restart()
  await waitFor('no cluster', PATIENCE_MS, async () => {
    const { clusters } = (await health(controlPlane)) as { clusters: unknown[] }
    return clusters.length === 0
  })
  expect(controlPlane.agent.running()).toEqual([])
  expect(readdirSync(join(controlPlane.dataFolder, 'hosts'))).toEqual([])
  expect(readdirSync(join(controlPlane.dataFolder, 'clusters'))).toEqual([])
})

it('ends cleanly on SIGTERM, also while agents wait, and comes back as it was', async () => {
  const controlPlane = await start()
  const arn = await create(controlPlane, 'orders')
  await isActive(controlPlane, arn)
  controlPlane.child().process.kill('SIGTERM')
  expect(await controlPlane.child().ended).toBe(0)
  await controlPlane.restart()
  await isActive(controlPlane, arn)
  await waitFor('a healthy whole', PATIENCE_MS, async () => {
    return ((await health(controlPlane)) as { status: string }).status === 'ok'
  })
})

it('says in one line that its port is taken', async () => {
  const { dataFolder, port } = await start()
  const { exitCode, output } = await runProgram(process.execPath, [
    program,
    '--data',
    dataFolder,
    '--port',
    String(port),
  ])
  expect(exitCode).toBe(1)
  expect(output).toBe(`freshet control plane: port ${port} on 127.0.0.1 is already in use\n`)
})

it.each(['once it serves', 'before that'])('ends when its launcher is gone, %s', async (when) => {
  const { dataFolder } = await start()
  const env = { ...process.env, FRESHET_AGENT_TOKEN_FILE: join(dataFolder, 'agent-token') }
  const child = fork(program, ['--data', join(dataFolder, 'second'), '--port', '0', '--quickstart'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const listens = once(child.stderr!, 'data')
  if (when === 'once it serves') await listens
  child.disconnect()
  expect(await once(child, 'exit')).toEqual([0, null])
})

it('issues access keys that work', async () => {
  const controlPlane = await start()
  const { stdout } = await runProgram(process.execPath, [
    program,
    '--data',
    controlPlane.dataFolder,
    '--issue-access-key',
  ])
  const credentials: { accessKeyId: string; secretAccessKey: string } = JSON.parse(stdout)
  const listing = client(controlPlane, credentials).send(new sdk.ListClustersV2Command({}))
  await expect(listing).resolves.toMatchObject({ ClusterInfoList: [] })
  expect(statSync(join(controlPlane.dataFolder, 'sealing-key')).mode & 0o777).toBe(0o600)
})

it('answers agents with the token only', async () => {
  const { endpoint, dataFolder } = await start()
  const sync = (token: string) =>
    fetch(`${endpoint}/internal/hosts/none/sync`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ revision: 0, waitMs: 0, units: [] }),
    })
  expect((await sync('wrong')).status).toBe(401)
  expect((await sync(AGENT_TOKEN)).status).toBe(404)
  expect(existsSync(join(dataFolder, 'hosts', 'none'))).toBe(false)
})

async function start(): Promise<ControlPlaneProcess> {
  const controlPlane = await startControlPlane()
  running.push(controlPlane)
  return controlPlane
}

function client(
  { endpoint }: ControlPlaneProcess,
  credentials = { accessKeyId: 'test', secretAccessKey: 'test' },
) {
  return new sdk.KafkaClient({ region: 'us-east-1', endpoint, credentials, maxAttempts: 1 })
}

/** One provisioned name in three, so that both kinds are under way when the process dies. */
async function create(controlPlane: ControlPlaneProcess, ClusterName: string): Promise<string> {
  const subnets = ['subnet-1', 'subnet-2', 'subnet-3']
  const kind =
    ClusterName === 'c-0-1'
      ? {
          Provisioned: {
            KafkaVersion: '4.1.x.kraft',
            NumberOfBrokerNodes: 3,
            BrokerNodeGroupInfo: { InstanceType: 'kafka.m7g.large', ClientSubnets: subnets },
          },
        }
      : { Serverless: { VpcConfigs: [{ SubnetIds: subnets }] } }
  const { ClusterArn } = await client(controlPlane).send(
    new sdk.CreateClusterV2Command({ ClusterName, ...kind }),
  )
  return ClusterArn!
}

function isActive(controlPlane: ControlPlaneProcess, ClusterArn: string): Promise<true> {
  return waitFor(`${ClusterArn} to be ACTIVE`, PATIENCE_MS, async () => {
    const command = new sdk.DescribeClusterV2Command({ ClusterArn })
    const { ClusterInfo } = await client(controlPlane).send(command)
    return ClusterInfo?.State === 'ACTIVE' || undefined
  })
}

async function health({ endpoint }: ControlPlaneProcess): Promise<unknown> {
  return (await fetch(`${endpoint}/health`)).json()
}
