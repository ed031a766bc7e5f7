/** What the agent asks of LocalStack, in the shapes that it works with. */
import {
  DescribeInstanceAttributeCommand,
  DescribeVpcsCommand,
  EC2Client,
  type Instance,
  paginateDescribeInstances,
  paginateDescribeVolumes,
} from '@aws-sdk/client-ec2'
import { GetInstanceProfileCommand, IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import type { InstanceFacts, RoleCredentials } from './metadata.ts'

export interface Described {
  readonly instanceId: string
  readonly state: NonNullable<NonNullable<Instance['State']>['Name']>
  readonly stateReason: string
  readonly vpcId: string
  readonly profileArn: string | undefined
  /** Attached to it, its root among them. */
  readonly volumeIds: readonly string[]
  readonly facts: Omit<InstanceFacts, 'userData' | 'role' | 'announced'>
}

export class Ec2 {
  readonly #ec2: EC2Client
  readonly #iam: IAMClient
  readonly #sts: STSClient

  constructor(endpoint: string, region: string) {
    const config = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    this.#ec2 = new EC2Client(config)
    this.#iam = new IAMClient(config)
    this.#sts = new STSClient(config)
  }

  close(): void {
    for (const client of [this.#ec2, this.#iam, this.#sts]) client.destroy()
  }

  async instances(): Promise<Described[]> {
    const found: Described[] = []
    for await (const { Reservations = [] } of paginateDescribeInstances({ client: this.#ec2 }, {})) {
      for (const { Instances = [], OwnerId } of Reservations) {
        found.push(...Instances.map((instance) => describe(instance, OwnerId)))
      }
    }
    return found
  }

  /** Every volume that there is. */
  async volumeIds(): Promise<Set<string>> {
    const found = new Set<string>()
    for await (const { Volumes = [] } of paginateDescribeVolumes({ client: this.#ec2 }, {})) {
      for (const { VolumeId } of Volumes) found.add(present(VolumeId))
    }
    return found
  }

  async userData(instanceId: string): Promise<string | undefined> {
    const { UserData } = await this.#ec2.send(
      new DescribeInstanceAttributeCommand({ InstanceId: instanceId, Attribute: 'userData' }),
    )
    return UserData?.Value === undefined ? undefined : Buffer.from(UserData.Value, 'base64').toString()
  }

  async cidrOf(vpcId: string): Promise<string> {
    const { Vpcs } = await this.#ec2.send(new DescribeVpcsCommand({ VpcIds: [vpcId] }))
    return present(Vpcs?.[0]?.CidrBlock)
  }

  /** The role of an instance profile. */
  async roleOf(profileArn: string): Promise<{ name: string; arn: string } | undefined> {
    const InstanceProfileName = present(profileArn.split('/').at(-1))
    const { InstanceProfile } = await this.#iam.send(new GetInstanceProfileCommand({ InstanceProfileName }))
    const role = InstanceProfile?.Roles?.[0]
    return role && { name: present(role.RoleName), arn: present(role.Arn) }
  }

  async assume(roleArn: string, instanceId: string): Promise<RoleCredentials> {
    const { Credentials } = await this.#sts.send(
      new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: instanceId }),
    )
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = present(Credentials)
    return {
      accessKeyId: present(AccessKeyId),
      secretAccessKey: present(SecretAccessKey),
      sessionToken: present(SessionToken),
      expiration: present(Expiration),
    }
  }
}

function describe(instance: Instance, accountId = '000000000000'): Described {
  const instanceId = present(instance.InstanceId)
  return {
    instanceId,
    state: present(instance.State?.Name),
    stateReason: instance.StateTransitionReason ?? '',
    vpcId: instance.VpcId ?? '',
    profileArn: instance.IamInstanceProfile?.Arn,
    volumeIds: (instance.BlockDeviceMappings ?? []).flatMap(({ Ebs }) => Ebs?.VolumeId ?? []),
    facts: {
      instanceId,
      accountId,
      imageId: present(instance.ImageId),
      instanceType: present(instance.InstanceType),
      privateIpAddress: instance.PrivateIpAddress ?? '',
      privateDnsName: instance.PrivateDnsName ?? '',
      zone: present(instance.Placement?.AvailabilityZone),
    },
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('LocalStack answered without something that EC2 always tells')
  return value
}
