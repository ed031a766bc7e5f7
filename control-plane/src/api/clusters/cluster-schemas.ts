import * as z from 'zod'
import { isKnownVersion, KAFKA_VERSIONS } from '../../model/kafka-versions.ts'
import { tagsSchema } from '../http/validation.ts'

/** Bodies of CreateCluster and CreateClusterV2, with MSK's limits and defaults. */

/** MSK's quota of a KRaft cluster; its API model still says 15. */
export const MAX_BROKERS = 60

export const enabled = z.object({ enabled: z.boolean().exactOptional() })
const arn = z.string().max(2048)

const clusterName = z
  .string()
  .min(1, 'The cluster name must have 1 to 64 characters.')
  .max(64, 'The cluster name must have 1 to 64 characters.')
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9-]*$/,
    'The parameter value contains one or more characters that are not valid.',
  )

export const subnet = z
  .string()
  .regex(/^subnet-[a-zA-Z0-9-]{1,64}$/, 'A subnet id must look like subnet-0123456789abcdef0.')
export const securityGroup = z
  .string()
  .regex(/^sg-[a-zA-Z0-9-]{1,64}$/, 'A security group id must look like sg-0123456789abcdef0.')
const distinct = (items: readonly string[]) => new Set(items).size === items.length

const vpcConfig = z.object({
  subnetIds: z
    .array(subnet)
    .min(2, 'A serverless cluster needs at least two subnets, each in another Availability Zone.')
    .max(16)
    .refine(distinct, 'Every subnet must be named once.'),
  securityGroupIds: z.array(securityGroup).max(5).default([]),
})

const serverless = z.object({
  vpcConfigs: z.array(vpcConfig).min(1, 'At least one VPC configuration is required.').max(5),
  clientAuthentication: z
    .object({ sasl: z.object({ iam: z.object({ enabled: z.boolean() }) }) })
    .refine(({ sasl }) => sasl.iam.enabled, 'Serverless clusters need IAM access control to be enabled.')
    .default({ sasl: { iam: { enabled: true } } }),
})

const OFF_AT_CREATION = 'must be disabled when a cluster is created; enable it afterwards.'
const off = enabled
  .refine((value) => value.enabled !== true, `VPC connectivity ${OFF_AT_CREATION}`)
  .exactOptional()

const connectivityInfo = z.object({
  publicAccess: z
    .object({ type: z.literal('DISABLED', `Public access ${OFF_AT_CREATION}`).exactOptional() })
    .exactOptional(),
  networkType: z.literal('IPV4', 'Clusters are created with network type IPV4.').exactOptional(),
  vpcConnectivity: z
    .object({
      clientAuthentication: z
        .object({ sasl: z.object({ scram: off, iam: off }).exactOptional(), tls: off })
        .exactOptional(),
    })
    .exactOptional(),
})

export const volumeSizeGB = z.int().min(1).max(16384)
export const provisionedThroughput = enabled.extend({
  volumeThroughput: z.int().min(250).max(2375).exactOptional(),
})

export const storageInfo = z.object({
  ebsStorageInfo: z
    .object({
      volumeSize: volumeSizeGB.default(100),
      provisionedThroughput: provisionedThroughput.exactOptional(),
    })
    .exactOptional(),
})

export const instanceType = z
  .string()
  .min(5)
  .max(32)
  .regex(
    /^(kafka|express)\.[a-z0-9]+\.[a-z0-9]+$/,
    'Unsupported instanceType: use kafka.* or express.* types.',
  )

const brokerNodeGroupInfo = z.object({
  brokerAZDistribution: z.literal('DEFAULT').default('DEFAULT'),
  zoneIds: z.array(z.string().max(64)).max(3).exactOptional(),
  clientSubnets: z
    .array(subnet)
    .min(2, 'Specify either two or three client subnets.')
    .max(3, 'Specify either two or three client subnets.')
    .refine(distinct, 'Every client subnet must be in another Availability Zone.'),
  instanceType,
  securityGroups: z.array(securityGroup).max(16).default([]),
  storageInfo: storageInfo.exactOptional(),
  connectivityInfo: connectivityInfo.exactOptional(),
})

export const clientAuthentication = z.object({
  sasl: z.object({ scram: enabled.exactOptional(), iam: enabled.exactOptional() }).exactOptional(),
  tls: enabled.extend({ certificateAuthorityArnList: z.array(arn).max(10).exactOptional() }).exactOptional(),
  unauthenticated: enabled.exactOptional(),
})

export const encryptionInfo = z.object({
  encryptionAtRest: z.object({ dataVolumeKMSKeyId: arn }).exactOptional(),
  encryptionInTransit: z
    .object({
      clientBroker: z.enum(['TLS', 'TLS_PLAINTEXT', 'PLAINTEXT']).default('TLS'),
      inCluster: z.boolean().default(true),
    })
    .exactOptional(),
})

const exporter = z.object({ enabledInBroker: z.boolean() }).exactOptional()
const destination = { enabled: z.boolean() }
/** As long as the service that it is of allows. */
const name = (maxLength: number) => z.string().max(maxLength).exactOptional()

const logs = z.object({
  cloudWatchLogs: z.object({ ...destination, logGroup: name(512) }).exactOptional(),
  firehose: z.object({ ...destination, deliveryStream: name(64) }).exactOptional(),
  s3: z.object({ ...destination, bucket: name(255), prefix: name(1024) }).exactOptional(),
})

export const loggingInfo = z.object({ brokerLogs: logs, authorizerLogs: logs.exactOptional() })

export const kafkaVersion = z
  .string()
  .min(1)
  .max(128)
  .refine(isKnownVersion, {
    error: ({ input }) => `Unsupported KafkaVersion [${input}]. Valid values: [${KAFKA_VERSIONS.join(', ')}]`,
  })

export const enhancedMonitoring = z.enum([
  'DEFAULT',
  'PER_BROKER',
  'PER_TOPIC_PER_BROKER',
  'PER_TOPIC_PER_PARTITION',
])

export const openMonitoring = z.object({
  prometheus: z
    .object({ jmxExporter: exporter, nodeExporter: exporter })
    .refine(({ jmxExporter, nodeExporter }) => jmxExporter ?? nodeExporter, {
      error: 'Specify jmxExporter, nodeExporter or both.',
    }),
})

export const rebalancing = z.object({ status: z.enum(['ACTIVE', 'PAUSED']) })
export const configurationInfo = z.object({ arn, revision: z.int().min(1) })
export const storageMode = z.enum(['LOCAL', 'TIERED'])

const provisioned = z.object({
  brokerNodeGroupInfo,
  rebalancing: rebalancing.exactOptional(),
  clientAuthentication: clientAuthentication.exactOptional(),
  configurationInfo: configurationInfo.exactOptional(),
  encryptionInfo: encryptionInfo.exactOptional(),
  enhancedMonitoring: enhancedMonitoring.default('DEFAULT'),
  openMonitoring: openMonitoring.exactOptional(),
  kafkaVersion,
  loggingInfo: loggingInfo.exactOptional(),
  numberOfBrokerNodes: z.int().min(1).max(MAX_BROKERS),
  storageMode: storageMode.default('LOCAL'),
})

export const createClusterBody = provisioned.extend({ clusterName, tags: tagsSchema.default({}) })

export const createClusterV2Body = z.object({
  clusterName,
  tags: tagsSchema.default({}),
  provisioned: provisioned.exactOptional(),
  serverless: serverless.exactOptional(),
})

export type ProvisionedRequest = z.output<typeof provisioned>
export type ServerlessRequest = z.output<typeof serverless>
