import {
  type _InstanceType,
  AttachVolumeCommand,
  CreateVolumeCommand,
  DeleteVolumeCommand,
  DetachVolumeCommand,
  EC2Client,
  type EC2ClientConfig,
  type Filter,
  ModifyVolumeCommand,
  paginateDescribeInstanceStatus,
  paginateDescribeInstances,
  paginateDescribeSubnets,
  paginateDescribeVolumes,
  paginateDescribeVolumesModifications,
  RunInstancesCommand,
  type Tag,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2'
import { limitedCalls } from '../../aws-calls.ts'
import type { Ec2Api, Instance, Modification, RunInstance, Tags, Volume, VolumeShape } from './api.ts'
import { isNotFound } from './errors.ts'
import { instanceOf, modificationOf, present, volumeOf } from './shapes.ts'

const DEVICE = '/dev/sdf'

export interface SdkOptions {
  readonly region: string
  readonly launchTemplate: { readonly id: string; readonly version: string }
  readonly client?: EC2ClientConfig
}

/** EC2 itself. Credentials and a different endpoint (`AWS_ENDPOINT_URL_EC2`) come from the SDK's usual places. */
export function createSdkApi({ region, launchTemplate, client: config }: SdkOptions): Ec2Api {
  const client = new EC2Client({ region, ...limitedCalls(), ...config })
  return {
    async describeInstances(tags) {
      const found: Instance[] = []
      for await (const page of paginateDescribeInstances({ client }, { Filters: filtersOf(tags) })) {
        for (const { Instances = [] } of page.Reservations ?? []) found.push(...Instances.map(instanceOf))
      }
      return found
    },
    async describeVolumes(tags) {
      const found: Volume[] = []
      for await (const page of paginateDescribeVolumes({ client }, { Filters: filtersOf(tags) })) {
        found.push(...(page.Volumes ?? []).map(volumeOf))
      }
      return found
    },
    describeImpaired: () => describeImpaired(client),
    async describeSubnets(subnetIds) {
      const zones = new Map<string, string>()
      const Filters = [{ Name: 'subnet-id', Values: [...new Set(subnetIds)] }]
      for await (const page of paginateDescribeSubnets({ client }, { Filters })) {
        for (const { SubnetId, AvailabilityZone } of page.Subnets ?? [])
          zones.set(present(SubnetId, 'SubnetId'), present(AvailabilityZone, 'AvailabilityZone'))
      }
      return zones
    },
    async runInstance(request) {
      const { Instances } = await client.send(new RunInstancesCommand(runInput(request, launchTemplate)))
      return instanceOf(present(Instances?.[0], 'Instances'))
    },
    terminateInstance: (id, how) =>
      unlessGone(client.send(new TerminateInstancesCommand({ InstanceIds: [id], ...forceInput(how) }))),
    async createVolume({ clientToken, zone, keyArn, tags, ...shape }) {
      const created = await client.send(
        new CreateVolumeCommand({
          ClientToken: clientToken,
          AvailabilityZone: zone,
          VolumeType: 'gp3',
          ...shapeInput(shape),
          Encrypted: true,
          ...(keyArn !== undefined && { KmsKeyId: keyArn }),
          TagSpecifications: [{ ResourceType: 'volume', Tags: tagsOf(tags) }],
        }),
      )
      return volumeOf(created)
    },
    async modifyVolume(VolumeId, shape) {
      await client.send(new ModifyVolumeCommand({ VolumeId, ...shapeInput(shape) }))
    },
    async describeModifications(volumeIds) {
      const found: Modification[] = []
      // Asked by ids it refuses those that have never been modified.
      const Filters = [{ Name: 'volume-id', Values: [...volumeIds] }]
      for await (const page of paginateDescribeVolumesModifications({ client }, { Filters })) {
        found.push(...(page.VolumesModifications ?? []).map(modificationOf))
      }
      return found
    },
    async attachVolume(VolumeId, InstanceId) {
      await client.send(new AttachVolumeCommand({ VolumeId, InstanceId, Device: DEVICE }))
    },
    async detachVolume(VolumeId, InstanceId, how) {
      await client.send(new DetachVolumeCommand({ VolumeId, InstanceId, ...forceInput(how) }))
    },
    deleteVolume: (VolumeId) => unlessGone(client.send(new DeleteVolumeCommand({ VolumeId }))),
  }
}

async function describeImpaired(client: EC2Client): Promise<ReadonlySet<string>> {
  const impaired = new Set<string>()
  for (const name of ['instance-status.status', 'system-status.status']) {
    const input = { Filters: [{ Name: name, Values: ['impaired'] }] }
    for await (const page of paginateDescribeInstanceStatus({ client }, input)) {
      for (const { InstanceId, InstanceStatus, SystemStatus } of page.InstanceStatuses ?? []) {
        if ([InstanceStatus?.Status, SystemStatus?.Status].includes('impaired'))
          impaired.add(present(InstanceId, 'InstanceId'))
      }
    }
  }
  return impaired
}

function runInput(request: RunInstance, template: SdkOptions['launchTemplate']) {
  return {
    ClientToken: request.clientToken,
    LaunchTemplate: { LaunchTemplateId: template.id, Version: template.version },
    MinCount: 1,
    MaxCount: 1,
    // EC2 knows more types than this SDK's list does.
    InstanceType: request.instanceType as _InstanceType,
    SubnetId: request.subnetId,
    UserData: Buffer.from(request.userData).toString('base64'),
    InstanceInitiatedShutdownBehavior: 'terminate' as const,
    // Version 2 of the metadata service, whatever the template says; containers on the host are a hop too far.
    MetadataOptions: { HttpTokens: 'required' as const, HttpPutResponseHopLimit: 1 },
    ...(request.market === 'spot' && {
      InstanceMarketOptions: {
        MarketType: 'spot' as const,
        SpotOptions: { SpotInstanceType: 'one-time' as const },
      },
    }),
    // Not the root volume: it ends with its instance, and must not pass for the data volume.
    TagSpecifications: [{ ResourceType: 'instance' as const, Tags: tagsOf(request.tags) }],
  }
}

/** A MiB/s needs four operations a second. What is left out of a change stays as it was. */
function shapeInput({ sizeGiB, throughputMiB }: VolumeShape) {
  return { Size: sizeGiB, Throughput: throughputMiB, Iops: Math.max(LEAST_IOPS, 4 * throughputMiB) }
}

function forceInput(how: 'FORCED' | undefined) {
  return how === undefined ? {} : { Force: true }
}

/** What gp3 volumes have by themselves. */
const LEAST_IOPS = 3_000

function filtersOf(tags: Tags): Filter[] {
  return Object.entries(tags).map(([key, value]) => ({ Name: `tag:${key}`, Values: [value] }))
}

function tagsOf(tags: Tags): Tag[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
}

async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
