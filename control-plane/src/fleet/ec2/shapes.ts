import type {
  Instance as SdkInstance,
  Volume as SdkVolume,
  Tag,
  VolumeModification,
} from '@aws-sdk/client-ec2'
import type { Instance, Modification, Tags, Volume } from './api.ts'

/** The SDK's shapes, in which anything may be missing, as ours, in which what we rely on is there. */

export function instanceOf(instance: SdkInstance): Instance {
  const { InstanceId, InstanceType, InstanceLifecycle, State, StateReason, PrivateIpAddress } = instance
  return {
    instanceId: present(InstanceId, 'InstanceId'),
    state: present(State?.Name, 'State'),
    ...(PrivateIpAddress === undefined ? {} : { privateIpAddress: PrivateIpAddress }),
    launchTimeMs: present(instance.LaunchTime, 'LaunchTime').getTime(),
    ...(InstanceType === undefined ? {} : { instanceType: InstanceType }),
    market: InstanceLifecycle === 'spot' ? 'spot' : 'on-demand',
    ...(StateReason?.Code
      ? { stateReason: { code: StateReason.Code, message: StateReason.Message ?? '' } }
      : {}),
    tags: tagsByKey(instance.Tags),
  }
}

export function volumeOf({ VolumeId, State, Size, Throughput, Attachments, Tags }: SdkVolume): Volume {
  const attachment = Attachments?.find((each) => each.State !== 'detached')
  return {
    volumeId: present(VolumeId, 'VolumeId'),
    state: present(State, 'State'),
    sizeGiB: present(Size, 'Size'),
    ...(Throughput === undefined ? {} : { throughputMiB: Throughput }),
    tags: tagsByKey(Tags),
    ...(attachment === undefined
      ? {}
      : {
          attachment: {
            instanceId: present(attachment.InstanceId, 'InstanceId'),
            state: present(attachment.State, 'State'),
            ...(attachment.AttachTime === undefined ? {} : { sinceMs: attachment.AttachTime.getTime() }),
          },
        }),
  }
}

export function modificationOf({ VolumeId, ModificationState, Progress }: VolumeModification): Modification {
  return {
    volumeId: present(VolumeId, 'VolumeId'),
    state: present(ModificationState, 'ModificationState'),
    percentDone: Progress ?? 0,
  }
}

export function present<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`EC2 answered without ${name}`)
  return value
}

function tagsByKey(tags: readonly Tag[] = []): Tags {
  return Object.fromEntries(tags.flatMap(({ Key, Value }) => (Key === undefined ? [] : [[Key, Value ?? '']])))
}
