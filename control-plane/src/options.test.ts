import { expect, it } from 'vitest'
import { parseOptions } from './options.ts'

it('has defaults for everything but the data folder', () => {
  expect(parseOptions(['--data', '/d'], {})).toEqual({
    dataFolder: '/d',
    stateUrl: 'sqlite:///d/control.db',
    secrets: { kind: 'files', dataFolder: '/d', agentTokenFile: '/d/agent-token' },
    port: 9690,
    quickstart: false,
    issueAccessKey: false,
    metricsPeriodMs: 60_000,
    listen: '127.0.0.1',
    fleet: { kind: 'process', dataFolder: '/d' },
  })
  const environment = { FRESHET_AGENT_TOKEN_FILE: '/t' }
  expect(parseOptions(['--data', '/d', '--port', '1234', '--quickstart'], environment)).toMatchObject({
    port: 1234,
    quickstart: true,
    secrets: { agentTokenFile: '/t' },
  })
})

it('takes the fleet of EC2 with its settings', () => {
  const args = ['--data', '/d', '--fleet', 'ec2', '--fleet-settings', '/f', '--listen', '0.0.0.0']
  expect(parseOptions(args, {})).toMatchObject({
    fleet: { kind: 'ec2', settingsFile: '/f' },
    listen: '0.0.0.0',
  })
})

it('needs no data folder where everything else is named', () => {
  const args = ['--state', 'dynamodb://table/control-plane', '--secret', 'arn:s', '--admin-key', 'arn:k']
  expect(parseOptions([...args, '--fleet', 'ec2', '--fleet-settings', '/f'], {})).toMatchObject({
    dataFolder: undefined,
    stateUrl: 'dynamodb://table/control-plane',
    secrets: { kind: 'secrets-manager', secretId: 'arn:s', adminKeyId: 'arn:k' },
  })
})

it.each([
  [[]],
  [['--state', 'dynamodb://table/control-plane', '--secret', 'arn:s']],
  [['--secret', 'arn:s', '--fleet', 'ec2', '--fleet-settings', '/f']],
  [['--state', 'dynamodb://table/control-plane', '--fleet', 'ec2', '--fleet-settings', '/f']],
  [['--data', '/d', '--port', 'x']],
  [['--data', '/d', '--port', '65536']],
  [['--data', '/d', '--wat']],
  [['--data', '/d', '--listen', 'somewhere']],
  [['--data', '/d', '--fleet', 'moon']],
  [['--data', '/d', '--fleet', 'ec2']],
  [['--data', '/d', '--fleet-settings', '/f']],
  [['--data', '/d', '--fleet', 'ec2', '--fleet-settings', '/f', '--quickstart']],
])('refuses %j with one line', (args) => {
  expect(() => parseOptions(args, {})).toThrow(/^[^\n]+$/)
})
