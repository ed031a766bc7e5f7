/** What several files here need is made before all of them: side by side each would make it, in the others' way. */
import { reasonAgainst } from '../support/requirements.ts'
import { ensureImage } from './docker.ts'
import { pythonEnvironment } from './server/python.ts'
import { localStackSource } from './server/source.ts'

export async function setup(): Promise<void> {
  // The jars of DynamoDB Local come with the question.
  const hasDynamodb = reasonAgainst('dynamodb') === undefined
  if ((reasonAgainst('docker') ?? reasonAgainst('freshet')) !== undefined) return
  if (hasDynamodb && 'package' in localStackSource()) installLocalStack()
  process.env.FRESHET_IMAGE = await ensureImage()
}

function installLocalStack(): void {
  const environment = pythonEnvironment()
  if ('missing' in environment) throw new Error(environment.missing)
}
