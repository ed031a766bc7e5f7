/** For tests: `freshet start` from its sources, with a fake control plane and fake brokers. */
import { join } from 'node:path'
import { launch } from '../start/launcher.ts'
import { parseStartOptions } from '../start/options.ts'
import { UserError } from '../user-error.ts'

const [brokerPort, ...flags] = process.argv.slice(2)
const options = parseStartOptions(flags, '/nowhere')
if (options === 'help') throw new Error('not for help')
const hostAgent = join(import.meta.dirname, '../../../host-agent/src')
try {
  process.exitCode = await launch({
    ...options,
    quickstartPorts: [Number(brokerPort)],
    programs: {
      controlPlane: join(import.meta.dirname, 'fake-control-plane.ts'),
      hostAgent: join(hostAgent, 'main.ts'),
      broker: join(hostAgent, 'testing', 'fake-broker.ts'),
    },
  })
} catch (error) {
  if (!(error instanceof UserError)) throw error
  process.stderr.write(`freshet: ${error.message}\n`)
  process.exitCode = error.exitCode
}
