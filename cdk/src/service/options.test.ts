import { Match, Template } from 'aws-cdk-lib/assertions'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { ListenerCertificate } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53'
import { describe, expect, it } from 'vitest'
import { resourcesOf, serviceIn, serviceTemplate, TestStack } from '../testing/templates.ts'
import { scriptOf } from '../testing/user-data.ts'
import { FreshetService } from './freshet-service.ts'
import { ServiceNetwork } from './network.ts'

const CERTIFICATE = 'arn:aws:acm:eu-west-1:123456789012:certificate/1'
const certificates = [ListenerCertificate.fromArn(CERTIFICATE)]
const balanced = serviceTemplate({ loadBalancer: { certificates } })

describe('a load balancer', () => {
  it('serves TLS in front of the three control planes, and passes over those that do not serve', () => {
    balanced.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', {
      Type: 'network',
      Scheme: 'internal',
    })
    balanced.hasResourceProperties('AWS::ElasticLoadBalancingV2::Listener', {
      Port: 443,
      Protocol: 'TLS',
      Certificates: [{ CertificateArn: CERTIFICATE }],
    })
    const instances = Object.keys(resourcesOf(balanced, 'AWS::EC2::Instance'))
    balanced.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      Port: 9690,
      Protocol: 'TCP',
      HealthCheckPath: '/health',
      HealthCheckProtocol: 'HTTP',
      Targets: instances.map((id) => ({ Id: { Ref: id }, Port: 9690 })),
    })
  })

  it('is then the one address of the API', () => {
    const [url = ''] = outputsOf(balanced, 'EndpointUrls')
    expect(url).toMatch(/^https:\/\/.*LoadBalancer.*DNSName/)
    expect(url).not.toContain('PrimaryPrivateIpAddress')
  })

  it('does not face the internet without certificates', () => {
    const loadBalancer = { internetFacing: true }
    expect(() => serviceIn(new TestStack(), { loadBalancer })).toThrow('needs certificates')
  })
})

it('has a name for all control planes in a zone that it is given', () => {
  const stack = new TestStack()
  const { vpc } = new ServiceNetwork(stack, 'Net')
  const hostedZone = new PrivateHostedZone(stack, 'Zone', { vpc, zoneName: 'freshet.internal' })
  serviceIn(stack, { vpc, hostedZone })
  const template = Template.fromStack(stack)
  // The service itself keeps the record: it knows who lives.
  template.resourceCountIs('AWS::Route53::RecordSet', 0)
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: ['route53:ChangeResourceRecordSets', 'route53:ListResourceRecordSets'],
          Condition: {
            'ForAllValues:StringEquals': Match.objectLike({
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': ['control-plane.freshet.internal'],
            }),
          },
        }),
      ]),
    },
  })
  const [instance] = Object.values(resourcesOf(template, 'AWS::EC2::Instance'))
  expect(scriptOf(instance?.Properties.UserData)).toContain('"name": "freshet.internal"')
})

describe('a network', () => {
  it('has no way out unless it is given gateways, and then needs no interface endpoints', () => {
    balanced.resourceCountIs('AWS::EC2::InternetGateway', 0)
    balanced.resourcePropertiesCountIs('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Interface' }, 4)
  })

  it('must have three zones whose names are known', () => {
    const stack = new TestStack()
    const lookup = ec2.Vpc.fromVpcAttributes(stack, 'Two', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    })
    expect(() => new FreshetService(stack, 'Freshet', { vpc: lookup })).toThrow('not in a, b')
  })
})

it('restarts control planes, one by one, when what hosts are made of changes', () => {
  const waitsOf = (template: Template) =>
    Object.keys(resourcesOf(template, 'AWS::CloudFormation::WaitCondition'))
  const [small, large] = [
    serviceTemplate({ rootVolumeSizeGB: 16 }),
    serviceTemplate({ rootVolumeSizeGB: 32 }),
  ]
  expect(waitsOf(large).filter((id) => waitsOf(small).includes(id))).toEqual([])
  large.hasResourceProperties('AWS::EC2::LaunchTemplate', {
    LaunchTemplateData: Match.objectLike({
      BlockDeviceMappings: [Match.objectLike({ Ebs: Match.objectLike({ VolumeSize: 32 }) })],
    }),
  })
})

function outputsOf(template: Template, name: string): string[] {
  return Object.entries(template.findOutputs('*'))
    .filter(([id]) => id.includes(name))
    .map(([, output]) => textOf((output as { Value: unknown }).Value))
}

function textOf(value: unknown): string {
  const join = (value as { 'Fn::Join'?: [string, unknown[]] })['Fn::Join']
  if (join === undefined) return JSON.stringify(value)
  return join[1].map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join('')
}
