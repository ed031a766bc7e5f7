import { extname } from 'node:path'
import { InstanceArchitecture } from 'aws-cdk-lib/aws-ec2'
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import { Asset } from 'aws-cdk-lib/aws-s3-assets'
import { Construct } from 'constructs'

/**
 * What instances unpack to /opt/freshet: Node and the bundles, as one archive in S3. `npm run package` makes it;
 * another content is another key, and so another version that is rolled.
 */
export interface SoftwareProps {
  /** The archive on this machine. */
  readonly path: string

  /**
   * The processors that it is for.
   *
   * @default InstanceArchitecture.ARM_64
   */
  readonly architecture?: InstanceArchitecture
}

export class Software extends Construct {
  readonly architecture: InstanceArchitecture
  readonly bucketName: string
  readonly objectKey: string
  /** Tells contents apart. */
  readonly version: string
  readonly #asset: Asset
  readonly #extension: string

  constructor(
    scope: Construct,
    id: string,
    { path, architecture = InstanceArchitecture.ARM_64 }: SoftwareProps,
  ) {
    super(scope, id)
    this.architecture = architecture
    this.#asset = new Asset(this, 'Archive', { path })
    this.#extension = extname(path)
    this.bucketName = this.#asset.s3BucketName
    this.objectKey = this.#asset.s3ObjectKey
    this.version = this.#asset.assetHash.slice(0, VERSION_LENGTH)
  }

  /** Of other versions too: while a new one is rolled out, control planes of the former still launch hosts. */
  grantRead(grantee: IGrantable): Grant {
    const resourceArns = [this.#asset.bucket.arnForObjects(`*${this.#extension}`)]
    return Grant.addToPrincipal({ grantee, actions: ['s3:GetObject'], resourceArns })
  }
}

const VERSION_LENGTH = 16

/** What `uname -m` says on such a machine. */
export function machineOf(architecture: InstanceArchitecture): string {
  return architecture === InstanceArchitecture.ARM_64 ? 'aarch64' : 'x86_64'
}
