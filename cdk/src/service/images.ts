import { Annotations, Token } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'
import { isWithin, MOST_GB } from './machine-rules.ts'

/** An image by its id, whatever the region. */
export function imageWithId(imageId: string): ec2.IMachineImage {
  return {
    getImage: () => ({ imageId, osType: ec2.OperatingSystemType.LINUX, userData: ec2.UserData.forLinux() }),
  }
}

export function imageIdOf(
  scope: Construct,
  given: ec2.IMachineImage | undefined,
  architecture: ec2.InstanceArchitecture,
): string {
  const { imageId } = (given ?? amazonLinux(architecture)).getImage(scope)
  if (!Token.isUnresolved(imageId)) return imageId
  throw new Error(
    'The id of machineImage must be known when the template is made: use one with cachedInContext, or imageWithId',
  )
}

export type RootVolume = ReturnType<typeof rootVolumeOf>

/** With another device than the image's own there would be two: one as the image says, and this, which nobody uses. */
export function rootVolumeOf(
  scope: Construct,
  props: {
    readonly machineImage?: ec2.IMachineImage
    readonly rootDeviceName?: string
    readonly rootVolumeSizeGB?: number
  },
) {
  const { rootDeviceName: deviceName = '/dev/xvda', rootVolumeSizeGB: volumeSize = 16 } = props
  if (!isWithin(volumeSize, LEAST_ROOT_GB))
    throw new Error(`rootVolumeSizeGB ${volumeSize}: a whole number from ${LEAST_ROOT_GB} to ${MOST_GB}`)
  if (!Token.isUnresolved(deviceName) && !/^\/dev\/[a-z0-9/]+$/.test(deviceName))
    throw new Error(`rootDeviceName ${deviceName}: the name of a device, as /dev/sda1`)
  if (props.machineImage !== undefined && props.rootDeviceName === undefined) {
    const text = `The root device of machineImage is taken for ${deviceName}: rootDeviceName says what it is`
    Annotations.of(scope).addWarningV2('freshet:rootDeviceName', text)
  }
  return { deviceName, ebs: { volumeSize, volumeType: 'gp3', encrypted: true, deleteOnTermination: true } }
}

/** Amazon Linux 2023 has so much. */
const LEAST_ROOT_GB = 8

function amazonLinux(architecture: ec2.InstanceArchitecture): ec2.IMachineImage {
  const arm = architecture === ec2.InstanceArchitecture.ARM_64
  const cpuType = arm ? ec2.AmazonLinuxCpuType.ARM_64 : ec2.AmazonLinuxCpuType.X86_64
  return ec2.MachineImage.latestAmazonLinux2023({ cpuType, cachedInContext: true })
}
