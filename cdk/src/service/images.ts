import { Token } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { Construct } from 'constructs'

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

function amazonLinux(architecture: ec2.InstanceArchitecture): ec2.IMachineImage {
  const arm = architecture === ec2.InstanceArchitecture.ARM_64
  const cpuType = arm ? ec2.AmazonLinuxCpuType.ARM_64 : ec2.AmazonLinuxCpuType.X86_64
  return ec2.MachineImage.latestAmazonLinux2023({ cpuType, cachedInContext: true })
}
