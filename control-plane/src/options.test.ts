import { expect, it } from 'vitest'
import { parseOptions } from './options.ts'

it('has defaults for everything but the data folder', () => {
  expect(parseOptions(['--data', '/d'], {})).toEqual({
    dataFolder: '/d',
    port: 9690,
    quickstart: false,
    issueAccessKey: false,
    agentTokenFile: '/d/agent-token',
  })
  const environment = { FRESHET_AGENT_TOKEN_FILE: '/t' }
  expect(parseOptions(['--data', '/d', '--port', '1234', '--quickstart'], environment)).toMatchObject({
    port: 1234,
    quickstart: true,
    agentTokenFile: '/t',
  })
})

it.each([
  [[]],
  [['--data', '/d', '--port', 'x']],
  [['--data', '/d', '--port', '65536']],
  [['--data', '/d', '--wat']],
])('refuses %j with one line', (args) => {
  expect(() => parseOptions(args, {})).toThrow(/^[^\n]+$/)
})
