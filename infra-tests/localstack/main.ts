/**
 * `npm run localstack`: LocalStack, and a container for each of its EC2 instances, until Ctrl-C. For trying out a
 * deployment as docs/aws.md tells it; tests that are given its endpoint as FRESHET_LOCALSTACK_ENDPOINT use it too.
 *
 *   --port N          LocalStack's port      (4566)
 */
import { parseArgs } from 'node:util'
import { ensureImage } from './docker.ts'
import { Machines } from './machines/machines.ts'
import { startLocalStack } from './server/localstack.ts'

const { values } = parseArgs({ options: { port: { type: 'string', default: '4566' } } })
const image = await ensureImage()
const localstack = await startLocalStack({ port: Number(values.port) })
const machines = new Machines({
  ...localstack,
  region: 'us-east-1',
  scope: 'freshet-ec2',
  image,
  log: (line) => console.log(`${new Date().toISOString()} ${line}`),
})
await machines.start()
console.log('LocalStack serves. In the shell that is to use it:\n')
for (const [name, value] of Object.entries(localstack.environment)) console.log(`  export ${name}=${value}`)
console.log('\nCtrl-C ends it, with all that was deployed to it.\n')

let isStopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (isStopping) return
    isStopping = true
    void machines.stop().then(() => localstack.stop())
  })
}
