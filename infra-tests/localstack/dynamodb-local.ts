/** Amazon's DynamoDB Local as a process of a test: in memory, gone when it stops. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { tableDefinition } from '@freshet/coordination/dynamodb'
import { startChild, stopChild } from '../support/child.ts'
import { freePorts } from '../support/ports.ts'
import { waitFor } from '../support/wait.ts'
import { dynamodbJars } from '../tools/dynamodb-jars.ts'

export interface DynamodbLocal {
  readonly endpoint: string
  /** What an AWS client needs to reach it. */
  readonly client: {
    endpoint: string
    region: string
    credentials: { accessKeyId: string; secretAccessKey: string }
  }
  createTable(tableName: string): Promise<void>
  stop(): Promise<void>
}

export async function startDynamodbLocal(): Promise<DynamodbLocal> {
  const jars = dynamodbJars()
  if ('missing' in jars) throw new Error(jars.missing)
  const [port] = await freePorts(1)
  const folder = mkdtempSync(join(tmpdir(), 'freshet-dynamodb-'))
  const main = 'com.amazonaws.services.dynamodbv2.local.main.ServerRunner'
  const child = startChild(
    'java',
    [
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      `-Djava.library.path=${jars.folder}`,
      '-cp',
      `${jars.folder}/*`,
      main,
      '-inMemory',
      '-sharedDb',
      '-disableTelemetry',
      '-port',
      String(port),
    ],
    join(folder, 'dynamodb.log'),
    { cwd: folder },
  )
  const endpoint = `http://127.0.0.1:${port}`
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  }
  const admin = new DynamoDBClient(client)
  await waitFor('DynamoDB Local', 30_000, async () => {
    if (!child.isRunning()) throw new Error(child.log())
    return (await fetch(endpoint)).status > 0
  })
  return {
    endpoint,
    client,
    async createTable(tableName) {
      await admin.send(new CreateTableCommand(tableDefinition(tableName)))
    },
    async stop() {
      admin.destroy()
      await stopChild(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
