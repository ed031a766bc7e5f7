/** Stacks of CloudFormation by the AWS CLI, whose own `deploy` and `wait` do the same, but look every 30 s only. */
import { waitFor } from '../support/wait.ts'
import type { Aws } from './aws.ts'

const TIMEOUT_MS = 180_000
const POLL_MS = 500

/** Makes the stack, or changes what is to be changed; resolves with its outputs. */
export async function deployStack(
  aws: Aws,
  name: string,
  template: object,
  parameters: Readonly<Record<string, string>> = {},
): Promise<Record<string, string>> {
  const type = (await statusOf(aws, name)) === undefined ? 'CREATE' : 'UPDATE'
  const changeSet = ['--stack-name', name, '--change-set-name', `changes-${Date.now()}`]
  const values = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({
    ParameterKey,
    ParameterValue,
  }))
  await aws(
    ...['cloudformation', 'create-change-set', ...changeSet, '--change-set-type', type],
    ...['--template-body', JSON.stringify(template), '--parameters', JSON.stringify(values)],
    ...['--capabilities', 'CAPABILITY_IAM'],
  )
  const { Status, StatusReason } = await waitFor(
    `changes of ${name}`,
    TIMEOUT_MS,
    async () => {
      const found = await aws<ChangeSet>('cloudformation', 'describe-change-set', ...changeSet)
      return found.Status === 'CREATE_COMPLETE' || found.Status === 'FAILED' ? found : undefined
    },
    POLL_MS,
  )
  if (Status === 'CREATE_COMPLETE') {
    await aws('cloudformation', 'execute-change-set', ...changeSet)
    const status = await ended(aws, name)
    if (status !== `${type}_COMPLETE`) throw new Error(`the stack ${name} is ${status}`)
  } else if (!/didn't contain changes|No updates/.test(StatusReason ?? '')) {
    throw new Error(`changes of ${name}: ${StatusReason}`)
  }
  return outputsOf(aws, name)
}

export async function deleteStack(aws: Aws, name: string): Promise<void> {
  await aws('cloudformation', 'delete-stack', '--stack-name', name)
  const status = await ended(aws, name)
  if (status !== undefined) throw new Error(`the stack ${name} is ${status}`)
}

export async function outputsOf(aws: Aws, name: string): Promise<Record<string, string>> {
  const { Stacks } = await aws<Stacks>('cloudformation', 'describe-stacks', '--stack-name', name)
  const outputs = Stacks[0]?.Outputs ?? []
  return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]))
}

/** What it has come to; undefined if it is gone. */
async function ended(aws: Aws, name: string): Promise<string | undefined> {
  const { status } = await waitFor(
    `the stack ${name} to be through`,
    TIMEOUT_MS,
    async () => {
      const status = await statusOf(aws, name)
      if (status?.endsWith('_IN_PROGRESS')) throw new Error(`it is ${status}`)
      return { status }
    },
    POLL_MS,
  )
  return status
}

async function statusOf(aws: Aws, name: string): Promise<string | undefined> {
  const { StackSummaries } = await aws<StackList>('cloudformation', 'list-stacks')
  const found = StackSummaries.find(
    ({ StackName, StackStatus }) => StackName === name && StackStatus !== 'DELETE_COMPLETE',
  )
  return found?.StackStatus
}

interface ChangeSet {
  readonly Status: string
  readonly StatusReason?: string
}
interface Stacks {
  readonly Stacks: readonly {
    readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[]
  }[]
}
interface StackList {
  readonly StackSummaries: readonly { readonly StackName: string; readonly StackStatus: string }[]
}
