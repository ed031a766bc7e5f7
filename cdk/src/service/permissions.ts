import { type Stack, Token } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IHostedZone } from 'aws-cdk-lib/aws-route53'
import { METRIC_NAMESPACE, SERVICE_TAG } from './names.ts'

/** What roles may do, as little as works. Where the resource is `*`, AWS knows no other for that action. */

/** Reads and conditional writes; a transaction needs the rights of its parts. */
export function grantItems(table: Pick<ITable, 'tableArn'>, grantee: IGrantable): Grant {
  const actions = [
    'dynamodb:GetItem',
    'dynamodb:BatchGetItem',
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
}

/** Instances only from our template, in our subnets, with our tag; volumes only with our tag. */
export function fleetStatements(scope: FleetScope): PolicyStatement[] {
  return [...launchStatements(scope), ...lifeCycleStatements(scope), describeStatement()]
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
      'ec2:DescribeSubnets',
    ],
    resources: ['*'],
  })
}

function ec2Principal(stack: Stack): string {
  const china = !Token.isUnresolved(stack.region) && stack.region.startsWith('cn-')
  return china ? 'ec2.amazonaws.com.cn' : 'ec2.amazonaws.com'
}
