/** The image of all tests here, made once: files that run side by side would each make it. */
import { reasonAgainst } from '../support/requirements.ts'
import { ensureImage } from './docker.ts'

export async function setup(): Promise<void> {
  if ((reasonAgainst('docker') ?? reasonAgainst('freshet')) !== undefined) return
  process.env.FRESHET_IMAGE = await ensureImage()
}
