import type { BrokerNodeGroupInfo } from '../../model/specification.ts'
import { badRequest } from '../http/errors.ts'

/**
 * Provisioned throughput is for large brokers with volumes of 10 GiB and more:
 * https://docs.aws.amazon.com/msk/latest/developerguide/msk-provision-throughput-management.html
 */
export function checkThroughput({ instanceType, storageInfo }: Group, parameter: string): void {
  const { volumeSize = 0, provisionedThroughput = {} } = storageInfo?.ebsStorageInfo ?? {}
  const { enabled, volumeThroughput = 0 } = provisionedThroughput
  if (!(enabled ?? volumeThroughput > 0)) return
  const max = MAX_MIB_PER_SEC.get(instanceType)
  if (max === undefined) {
    throw badRequest(
      `Provisioned throughput is not supported for brokers of type ${instanceType}: use kafka.m5.4xlarge or larger, or kafka.m7g.2xlarge or larger.`,
      parameter,
    )
  }
  if (volumeSize < MIN_VOLUME_GIB) {
    throw badRequest(
      `Provisioned throughput needs volumes of at least ${MIN_VOLUME_GIB} GiB, not ${volumeSize} GiB.`,
      parameter,
    )
  }
  if (volumeThroughput > max) {
    throw badRequest(
      `The volumes of ${instanceType} brokers have at most ${max} MiB/s, not ${volumeThroughput} MiB/s.`,
      parameter,
    )
  }
}

type Group = Pick<BrokerNodeGroupInfo, 'instanceType' | 'storageInfo'>

const MIN_VOLUME_GIB = 10

const MAX_MIB_PER_SEC: ReadonlyMap<string, number> = new Map([
  ['kafka.m5.4xlarge', 593],
  ['kafka.m5.8xlarge', 850],
  ['kafka.m5.12xlarge', 1000],
  ['kafka.m5.16xlarge', 1000],
  ['kafka.m5.24xlarge', 1000],
  ['kafka.m7g.2xlarge', 312.5],
  ['kafka.m7g.4xlarge', 625],
  ['kafka.m7g.8xlarge', 1000],
  ['kafka.m7g.12xlarge', 1000],
  ['kafka.m7g.16xlarge', 1000],
])
