import { type Stack, Token } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IHostedZone } from 'aws-cdk-lib/aws-route53'
import { METRIC_NAMESPACE, SERVICE_TAG } from './names.ts'

/** What roles may do, as little as works. Where the resource is `*`, AWS knows no other for that action. */

/** Reads and conditional writes; a transaction needs the rights of its parts. */
export function grantItems(table: Pick<ITable, 'tableArn'>, grantee: IGrantable): Grant {
  const actions = [
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:ConditionCheckItem',
    'dynamodb:PutItem',
    'dynamodb:UpdateItem',
    'dynamodb:DeleteItem',
    'dynamodb:BatchWriteItem',
  ]
  return Grant.addToPrincipal({ grantee, actions, resourceArns: [table.tableArn] })
}

export interface FleetScope {
  readonly stack: Stack
  readonly serviceName: string
  readonly launchTemplateId: string
  readonly imageId: string
  readonly subnetIds: readonly string[]
  readonly securityGroupIds: readonly string[]
  readonly hostRoleArn: string
  /** Whether hosts may be spot instances. */
  readonly spot: boolean
}

/** Instances only from our template, in our subnets, with our tag; volumes only with our tag. */
export function fleetStatements(scope: FleetScope): PolicyStatement[] {
  const spot = scope.spot ? [spotRoleStatement(scope.stack)] : []
  return [...launchStatements(scope), ...spot, ...lifeCycleStatements(scope), describeStatement()]
}

/** EC2 uses the keys of volumes in the name of whoever makes and attaches them, and keeps a grant of its own. */
export function volumeKeyStatements(stack: Stack, keys: readonly IKey[]): PolicyStatement[] {
  if (keys.length === 0) return []
  const resources = keys.map(({ keyArn }) => keyArn)
  const viaEc2 = { StringEquals: { 'kms:ViaService': `ec2.${stack.region}.${stack.urlSuffix}` } }
  return [
    new PolicyStatement({
      actions: [
        'kms:Decrypt',
        'kms:DescribeKey',
        'kms:GenerateDataKeyWithoutPlaintext',
        'kms:ReEncryptFrom',
        'kms:ReEncryptTo',
      ],
      resources,
      conditions: viaEc2,
    }),
    new PolicyStatement({
      actions: ['kms:CreateGrant'],
      resources,
      conditions: { ...viaEc2, Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }),
  ]
}

export function metricsStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: ['cloudwatch:PutMetricData'],
    resources: ['*'],
    conditions: { StringEquals: { 'cloudwatch:namespace': METRIC_NAMESPACE } },
  })
}

/** The service's own record, and no other of the zone. */
export function recordStatement({ hostedZoneArn, zoneName }: IHostedZone): PolicyStatement {
  return new PolicyStatement({
    actions: ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'],
    resources: [hostedZoneArn],
    conditions: {
      'ForAllValues:StringEquals': {
        'route53:ChangeResourceRecordSetsNormalizedRecordNames': [`control-plane.${zoneName}`],
        'route53:ChangeResourceRecordSetsRecordTypes': ['A'],
      },
    },
  })
}

function launchStatements(scope: FleetScope): PolicyStatement[] {
  const { stack, serviceName, launchTemplateId, imageId, subnetIds, securityGroupIds, hostRoleArn } = scope
  const ec2 = (resource: string, account?: string) =>
    stack.formatArn({ service: 'ec2', resource, ...(account !== undefined && { account }) })
  const template = ec2(`launch-template/${launchTemplateId}`)
  const fromTemplate = { ArnEquals: { 'ec2:LaunchTemplate': template } }
  const tagged = { StringEquals: { [`aws:RequestTag/${SERVICE_TAG}`]: serviceName } }
  return [
    new PolicyStatement({
      actions: ['ec2:RunInstances'],
      resources: [ec2('instance/*')],
      conditions: {
        ...fromTemplate,
        StringEquals: { ...tagged.StringEquals, 'ec2:MetadataHttpTokens': 'required' },
      },
    }),
    new PolicyStatement({
      actions: ['ec2:RunInstances'],
      resources: [ec2('network-interface/*'), ec2('volume/*'), ec2('spot-instances-request/*')],
      conditions: fromTemplate,
    }),
    new PolicyStatement({
      actions: ['ec2:RunInstances'],
      resources: [
        template,
        ec2(`image/${imageId}`, ''),
        ...subnetIds.map((id) => ec2(`subnet/${id}`)),
        ...securityGroupIds.map((id) => ec2(`security-group/${id}`)),
      ],
    }),
    new PolicyStatement({
      actions: ['ec2:CreateVolume'],
      resources: [ec2('volume/*')],
      conditions: tagged,
    }),
    new PolicyStatement({
      actions: ['ec2:CreateTags'],
      resources: [ec2('instance/*'), ec2('volume/*')],
      conditions: {
        StringEquals: { ...tagged.StringEquals, 'ec2:CreateAction': ['RunInstances', 'CreateVolume'] },
      },
    }),
    new PolicyStatement({
      actions: ['iam:PassRole'],
      resources: [hostRoleArn],
      conditions: { StringEquals: { 'iam:PassedToService': ec2Principal(stack) } },
    }),
  ]
}

/** With the first spot instance of an account EC2 makes a role for itself, in the name of whoever launches it. */
function spotRoleStatement(stack: Stack): PolicyStatement {
  const service = 'spot.amazonaws.com'
  const resourceName = `aws-service-role/${service}/AWSServiceRoleForEC2Spot`
  return new PolicyStatement({
    actions: ['iam:CreateServiceLinkedRole'],
    resources: [stack.formatArn({ service: 'iam', region: '', resource: 'role', resourceName })],
    conditions: { StringEquals: { 'iam:AWSServiceName': service } },
  })
}

function lifeCycleStatements({ stack, serviceName }: FleetScope): PolicyStatement[] {
  const ours = { StringEquals: { [`aws:ResourceTag/${SERVICE_TAG}`]: serviceName } }
  const arn = (resource: string) => stack.formatArn({ service: 'ec2', resource })
  return [
    new PolicyStatement({
      actions: ['ec2:TerminateInstances'],
      resources: [arn('instance/*')],
      conditions: ours,
    }),
    new PolicyStatement({
      actions: ['ec2:AttachVolume', 'ec2:DetachVolume'],
      resources: [arn('instance/*'), arn('volume/*')],
      conditions: ours,
    }),
    new PolicyStatement({
      actions: ['ec2:ModifyVolume', 'ec2:DeleteVolume'],
      resources: [arn('volume/*')],
      conditions: ours,
    }),
  ]
}

/** EC2's Describe actions know no resources. */
function describeStatement(): PolicyStatement {
  return new PolicyStatement({
    actions: [
      'ec2:DescribeInstances',
      'ec2:DescribeInstanceStatus',
      'ec2:DescribeVolumes',
      'ec2:DescribeVolumesModifications',
      'ec2:DescribeSubnets',
    ],
    resources: ['*'],
  })
}

function ec2Principal(stack: Stack): string {
  const china = !Token.isUnresolved(stack.region) && stack.region.startsWith('cn-')
  return china ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com'
}
