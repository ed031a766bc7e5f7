import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { serviceUrl } from '../../dns/service-record.ts'
import { hostTypesOf } from './host-types.ts'

/** The file of `--fleet-settings`: where in AWS hosts live and what they are made of. */

const market = z.enum(['on-demand', 'spot'])

const hostClass = z.strictObject({
  /** Tried in turn while EC2 has no capacity for one. */
  types: z.array(z.string().min(1)).min(1).max(10),
  /** Tried in turn for each type. */
  markets: z.array(market).min(1).max(2).default(['on-demand']),
  /** Where the request names no size. */
  volumeSizeGB: z.int().min(1).max(16_384).default(100),
})

const settings = z.strictObject({
  region: z.string().min(1),
  /** In the ARNs of clusters. */
  accountId: z.string().regex(/^\d{12}$/),
  /** Value of the tag `freshet:service`: tells fleets of one account apart. */
  service: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  /** Image, instance profile and security groups of hosts. */
  launchTemplateId: z.string().regex(/^lt-[0-9a-z]+$/),
  launchTemplateVersion: z.string().default('$Latest'),
  /** One subnet per zone; the first three zones carry serverless clusters. */
  subnets: z
    .record(z.string(), z.string())
    .refine((subnets) => Object.keys(subnets).length >= 3, 'three zones are needed'),
  /** Where agents find the control planes; they try one after the other. */
  controlPlaneUrls: z
    .array(z.url({ protocol: /^https?$/ }))
    .min(1)
    .max(9),
  /** Where an instance whose image lacks /opt/freshet gets it: a tarball in S3 for each answer of `uname -m`. */
  software: z
    .strictObject({
      bucket: z.string().regex(/^[a-z0-9.-]{3,63}$/),
      keys: z
        .partialRecord(z.enum(['x86_64', 'aarch64']), z.string().min(1).max(1024))
        .refine((keys) => Object.keys(keys).length > 0, 'one architecture at least is needed'),
    })
    .optional(),
  /** Requests of CloudFormation for our own resources. */
  cloudFormation: z.strictObject({ queueUrl: z.url() }).optional(),
  /** A private zone in which `control-plane` is a name for the control planes that live. */
  hostedZone: z
    .strictObject({ id: z.string().regex(/^[A-Z0-9]{1,32}$/), name: z.string().min(1).max(255) })
    .optional(),
  /** DynamoDB table of the clusters' metadata. */
  coordinationTable: z.string().regex(/^[A-Za-z0-9_.-]{3,255}$/),
  /** What the image is for, as `uname -m` has it; absent where all broker types that are asked for go with it. */
  machine: z.enum(['aarch64', 'x86_64']).optional(),
  /** Hosts by MSK's broker type. A type that is missing is EC2's of the same name, or its like for `machine`. */
  brokerClasses: z.record(z.string().regex(/^(kafka|express)\./), hostClass).default({}),
  /** Hosts that serverless clusters share. */
  sharedHosts: hostClass,
})

export type Ec2Settings = z.infer<typeof settings>
export type HostClass = z.infer<typeof hostClass>

/**
 * Throws an error with a one-line message for a person. Control planes that have a name are reached by it too, at the port
 * that all of them have: it leads on when none is left at the addresses that a host was made with.
 */
export function readEc2Settings(file: string, port: number): Ec2Settings {
  const parsed = settings.safeParse(parseJson(file))
  if (parsed.success) {
    const { hostedZone, controlPlaneUrls } = parsed.data
    if (hostedZone === undefined) return parsed.data
    return { ...parsed.data, controlPlaneUrls: [...controlPlaneUrls, serviceUrl(hostedZone.name, port)] }
  }
  const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`)
  throw new Error(`${file}: ${issues.join('; ')}`)
}

/** MSK's name of a class; shared hosts have one of their own. */
export function classNameOf(instanceType: string | undefined): string {
  return instanceType ?? 'shared'
}

/** What new instances are made of: the template's version, with its image, and the package that they fetch. */
export function buildOf({ launchTemplateId, launchTemplateVersion, software }: Ec2Settings): string {
  const content = createHash('sha256')
    .update(JSON.stringify([launchTemplateId, software]))
    .digest('hex')
  return `${launchTemplateVersion} ${content.slice(0, 16)}`
}

export function hostClassOf(
  instanceType: string | undefined,
  { brokerClasses, sharedHosts, machine }: Ec2Settings,
): HostClass {
  if (instanceType === undefined) return sharedHosts
  const named = brokerClasses[instanceType]
  return (
    named ?? { types: [...hostTypesOf(instanceType, machine)], markets: ['on-demand'], volumeSizeGB: 100 }
  )
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
