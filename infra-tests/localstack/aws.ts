/** The AWS CLI as tests use it. */
import { mustRun } from '../support/programs.ts'

/** One call; the answer as the CLI printed it, in the shape that its caller knows from AWS's reference. */
export type Aws = <T>(...args: string[]) => Promise<T>

const CALL_TIMEOUT_MS = 120_000

/** The endpoint is named on the command line too: for SQS some versions do not look into the environment. */
export function awsCli(environment: Readonly<Record<string, string>>): Aws {
  const { AWS_ENDPOINT_URL } = environment
  return async (...args) => {
    const all = [...args, '--endpoint-url', AWS_ENDPOINT_URL!, '--output', 'json']
    const { stdout } = await mustRun('aws', all, { env: environment, timeoutMs: CALL_TIMEOUT_MS })
    return JSON.parse(stdout.trim() === '' ? '{}' : stdout)
  }
}
