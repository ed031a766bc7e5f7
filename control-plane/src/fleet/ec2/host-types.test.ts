import { expect, it } from 'vitest'
import { hostTypesOf } from './host-types.ts'

it.each([
  ['kafka.m7g.large', 'aarch64', ['m7g.large']],
  ['express.m7g.4xlarge', 'aarch64', ['m7g.4xlarge']],
  ['kafka.m5.large', 'x86_64', ['m5.large']],
  ['kafka.m5.large', undefined, ['m5.large']],
  ['kafka.m5.2xlarge', 'aarch64', ['m7g.2xlarge', 'm6g.2xlarge']],
  ['kafka.m5.24xlarge', 'aarch64', ['m8g.24xlarge']],
  ['kafka.t3.small', 'aarch64', ['t4g.small']],
  ['kafka.m7g.xlarge', 'x86_64', ['m7i.xlarge', 'm6i.xlarge']],
  ['kafka.t4g.small', 'x86_64', ['t3.small']],
] as const)('hosts of %s with processors of %s are %j', (brokerType, machine, types) => {
  expect(hostTypesOf(brokerType, machine)).toEqual(types)
})
