import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { TestStack } from '../testing/templates.ts'
import { Software } from './software.ts'
import { type ControlPlaneBoot, controlPlaneUserData } from './user-data.ts'

const BOOT: ControlPlaneBoot = {
  region: 'eu-west-1',
  software: undefined,
  fleetSettings: '{}',
  stateUrl: 'dynamodb://table/control-plane',
  serviceSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:service',
  administratorKeyArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:key',
  readyUrl: 'https://cloudformation.example/ready',
}

it('unpacks its version of the software beside the one before, and switches then', () => {
  const path = join(import.meta.dirname, 'user-data.ts')
  const software = new Software(new TestStack(), 'Software', { path })
  const script = controlPlaneUserData({ ...BOOT, software })
  expect(script).toContain(`target=/opt/freshet-${software.version}`)
  expect(script).toMatch(/mv \$target\.new \$target\n(.*\n)?ln -sfn \$target \/opt\/freshet\n/)
  expect(spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' }).stderr).toBe('')
})

it('fetches the software until it has all of it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'software-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(import.meta.dirname, 'user-data.ts')
  const software = new Software(new TestStack(), 'Software', { path })
  const part = /^if \[ ! -d \$target[\s\S]*?^fi$/m.exec(controlPlaneUserData({ ...BOOT, software }))![0]
  // The first download breaks off.
  const stubs = `target=${folder}/freshet
aws() { [ -e ${folder}/again ] && tar -cz -C ${folder}/packed . || { touch ${folder}/again; printf 'half'; }; }
sleep() { :; }\n`
  mkdirSync(join(folder, 'packed'))
  writeFileSync(join(folder, 'packed', 'program'), 'whole')
  expect(spawnSync('sh', ['-eu'], { input: stubs + part }).status).toBe(0)
  expect(readFileSync(join(folder, 'freshet', 'program'), 'utf8')).toBe('whole')
})

it('has systemd start the control plane again however often it fails', () => {
  const [command] = /^systemd-run[\s\S]*?"\$@"/m.exec(controlPlaneUserData(BOOT))!
  for (const property of ['Restart=always', 'StartLimitIntervalSec=0'])
    expect(command).toContain(`--property=${property}`)
})

it('has programs that Node accepts', () => {
  const programs = programsOf(controlPlaneUserData(BOOT))
  expect(programs).toHaveLength(2)
  for (const file of programs.map(fileOf)) {
    expect(spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' }).stderr).toBe('')
  }
})

it('tells CloudFormation when it has failed, in a request without a content type', async () => {
  const server = createServer()
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const received = once(server, 'request')

  const [report = ''] = programsOf(controlPlaneUserData(BOOT))
  const child = spawn(process.execPath, [fileOf(report), 'FAILURE', `http://127.0.0.1:${address.port}/ready`])
  const [request, response] = await received
  const { method, headers } = request as IncomingMessage
  expect([method, headers['content-type']]).toEqual(['PUT', undefined])
  expect(JSON.parse(await text(request))).toMatchObject({ Status: 'FAILURE', UniqueId: 'control-plane' })
  response.end()
  expect(await once(child, 'exit')).toEqual([0, null])
})

function programsOf(script: string): string[] {
  return [...script.matchAll(/<<'END_OF_PROGRAM'\n([\s\S]*?)\nEND_OF_PROGRAM/g)].map((match) => match[1]!)
}

function fileOf(program: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'user-data-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'program.mjs')
  writeFileSync(file, program)
  return file
}
