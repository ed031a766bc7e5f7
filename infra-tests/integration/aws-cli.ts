import { spawnSync } from 'node:child_process'
import { describe } from 'vitest'
import { runProgram } from '../support/programs.ts'

/** The AWS CLI of this machine against an endpoint of ours. */
export type AwsKafka = (...args: string[]) => Promise<AwsOutcome>

export interface AwsOutcome {
  readonly exitCode: number
  /** The answer, as the CLI printed it. */
  readonly json: Record<string, unknown>
  readonly error: string
}

export function awsKafka(endpoint: string, environment: Readonly<Record<string, string>> = {}): AwsKafka {
  const env = {
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
    ...environment,
  }
  return async (...args) => {
    const all = ['kafka', ...args, '--endpoint-url', endpoint, '--output', 'json']
    const { exitCode, stdout, stderr } = await runProgram('aws', all, { env })
    return { exitCode, json: stdout.trim() === '' ? {} : JSON.parse(stdout), error: stderr.trim() }
  }
}

/** A suite that needs the CLI is skipped with the reason where it is missing; `npm test` under CI fails then. */
export function suiteWithAwsCli(name: string, body: () => void): void {
  const installed = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status === 0
  if (installed) describe(name, body)
  else describe.skipIf(true)(`${name} [skipped: the AWS CLI (aws) is not installed]`, body)
}
