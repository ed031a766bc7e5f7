/** What `cdk` runs: the stacks of one Freshet service, as context (`-c name=value`) says. */
import { App } from 'aws-cdk-lib'
import { addStacks } from '../src/stacks/app.ts'

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env
const app = new App()
try {
  addStacks(app, { ...(account !== undefined && { account }), ...(region !== undefined && { region }) })
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
}
