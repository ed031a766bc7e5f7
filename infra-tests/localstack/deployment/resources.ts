/** What a deployment has made in LocalStack. */
import { paginateDescribeInstances } from '@aws-sdk/client-ec2'
import type { Lab } from './lab.ts'

export interface InstanceFound {
  readonly instanceId: string
  readonly imageId: string
  readonly zone: string
  readonly tags: Readonly<Record<string, string>>
}

/** Those that run. By the SDK: tests ask again and again, and the CLI would start anew each time. */
export async function instancesOf({ ec2 }: Lab): Promise<InstanceFound[]> {
  const Filters = [{ Name: 'instance-state-name', Values: ['running'] }]
  const found: InstanceFound[] = []
  for await (const { Reservations = [] } of paginateDescribeInstances({ client: ec2 }, { Filters })) {
    for (const { InstanceId, ImageId, Placement, Tags = [] } of Reservations.flatMap(
      ({ Instances = [] }) => Instances,
    )) {
      found.push({
        instanceId: InstanceId!,
        imageId: ImageId!,
        zone: Placement!.AvailabilityZone!,
        tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key!, Value!])),
      })
    }
  }
  return found
}

/** Names of all that still costs something, but for what `cdk bootstrap` made and CloudFormation keeps for itself. */
export async function leftovers(lab: Lab): Promise<string[]> {
  const { aws } = lab
  const [instances, volumes, tables, buckets] = await Promise.all([
    instancesOf(lab),
    aws<{ Volumes: { VolumeId: string }[] }>('ec2', 'describe-volumes'),
    aws<{ TableNames: string[] }>('dynamodb', 'list-tables'),
    aws<{ Buckets: { Name: string }[] }>('s3api', 'list-buckets'),
  ])
  const foreign = /^(cdk-hnb659fds-assets-|cloudformation-answers-)/
  return [
    ...instances.map(({ instanceId }) => instanceId),
    ...volumes.Volumes.map(({ VolumeId }) => VolumeId),
    ...tables.TableNames,
    ...buckets.Buckets.map(({ Name }) => Name).filter((name) => !foreign.test(name)),
  ]
}
