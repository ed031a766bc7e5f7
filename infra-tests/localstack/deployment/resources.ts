/** What a deployment has made in LocalStack. */
import type { Lab } from './lab.ts'

export interface InstanceFound {
  readonly instanceId: string
  readonly imageId: string
  readonly zone: string
  readonly tags: Readonly<Record<string, string>>
}

/** Those that run. */
export async function instancesOf({ aws }: Lab): Promise<InstanceFound[]> {
  const { Reservations } = await aws<Described>(
    ...['ec2', 'describe-instances', '--filters', 'Name=instance-state-name,Values=running'],
  )
  return Reservations.flatMap(({ Instances }) =>
    Instances.map(({ InstanceId, ImageId, Placement, Tags = [] }) => ({
      instanceId: InstanceId,
      imageId: ImageId,
      zone: Placement.AvailabilityZone,
      tags: Object.fromEntries(Tags.map(({ Key, Value }) => [Key, Value])),
    })),
  )
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

interface Described {
  readonly Reservations: readonly {
    readonly Instances: readonly {
      readonly InstanceId: string
      readonly ImageId: string
      readonly Placement: { readonly AvailabilityZone: string }
      readonly Tags?: readonly { readonly Key: string; readonly Value: string }[]
    }[]
  }[]
}
