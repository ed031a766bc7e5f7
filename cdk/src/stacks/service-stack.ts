import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { FreshetService, type FreshetServiceProps } from '../service/freshet-service.ts'
import { Software, type SoftwareProps } from '../service/software.ts'

/** Control planes and what hosts are made of: what a new version rolls. */
export interface ServiceStackProps extends StackProps, Omit<FreshetServiceProps, 'software'> {
  /**
   * The archive that instances unpack.
   *
   * @default - none: the image brings /opt/freshet
   */
  readonly software?: SoftwareProps
}

export class ServiceStack extends Stack {
  readonly service: FreshetService

  constructor(scope: Construct, id: string, { software, ...props }: ServiceStackProps) {
    super(scope, id, props)
    this.service = new FreshetService(this, 'Freshet', {
      ...props,
      ...(software && { software: new Software(this, 'Software', software) }),
    })
  }
}
