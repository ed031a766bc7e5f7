import { Annotations, Match, Template } from 'aws-cdk-lib/assertions'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { ListenerCertificate } from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import { Key } from 'aws-cdk-lib/aws-kms'
import { PrivateHostedZone } from 'aws-cdk-lib/aws-route53'
import { describe, expect, it } from 'vitest'
import { resourcesOf, serviceIn, serviceTemplate, TestStack, ZONES } from '../testing/templates.ts'
import { scriptOf } from '../testing/user-data.ts'
import { FreshetService } from './freshet-service.ts'
import { imageWithId } from './images.ts'
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

  it('lets callers in, and is let in to the control planes with its health checks', () => {
    const stack = new TestStack()
    const service = serviceIn(stack, { loadBalancer: { certificates } })
    service.connections.allowDefaultPortFrom(ec2.Peer.ipv4('10.1.0.0/16'))
    const template = Template.fromStack(stack)
    const own = { 'Fn::GetAtt': [Match.stringLikeRegexp('LoadBalancerSecurityGroup'), 'GroupId'] }
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::LoadBalancer', { SecurityGroups: [own] })
    template.hasResourceProperties('AWS::EC2::SecurityGroupIngress', {
      GroupId: { 'Fn::GetAtt': [Match.stringLikeRegexp('ControlPlaneSecurityGroup'), 'GroupId'] },
      SourceSecurityGroupId: own,
      FromPort: 9690,
      ToPort: 9690,
    })
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      GroupDescription: 'Freshet: load balancer of the control planes',
      SecurityGroupIngress: [Match.objectLike({ CidrIp: '10.1.0.0/16', FromPort: 443 })],
    })
    template.hasOutput('*', { Description: 'Lets callers of the API in', Value: own })
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

it.each([
  ['a name with a space', { serviceName: 'my service' }, 'serviceName my service'],
  ['a root device that is none', { rootDeviceName: 'sda1' }, 'rootDeviceName sda1'],
  ['too small a root volume', { rootVolumeSizeGB: 4 }, 'rootVolumeSizeGB 4'],
  ['no type of hosts', { sharedHosts: { types: [] } }, 'sharedHosts: 1 to 10 types, not 0'],
  ['a volume of no size', { sharedHosts: { types: ['m7g.large'], volumeSizeGB: 0 } }, 'volumeSizeGB 0'],
  ['no market', { sharedHosts: { types: ['m7g.large'], markets: [] } }, 'sharedHosts: markets'],
  ['a type that is none', { sharedHosts: { types: ['kafka.m7g.large'] } }, 'no type of EC2'],
  ['hosts of other processors', { sharedHosts: { types: ['m5.large'] } }, 'm5.large is x86_64'],
  [
    'a class that MSK lacks',
    { brokerClasses: { 'm7g.large': { types: ['m7g.large'] } } },
    'brokerClasses m7g',
  ],
  [
    'a control plane of other processors',
    { controlPlaneInstanceType: new ec2.InstanceType('t3.small') },
    't3.small is x86_64, the software aarch64',
  ],
] as const)('refuses %s', (_name, props, message) => {
  expect(() => serviceIn(new TestStack(), props)).toThrow(message)
})

it('may use the keys that volumes are to have, through EC2 only', () => {
  const stack = new TestStack()
  const keyArn = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555'
  serviceIn(stack, { volumeKeys: [Key.fromKeyArn(stack, 'Key', keyArn)] })
  const viaEc2 = Match.objectLike({
    StringEquals: { 'kms:ViaService': { 'Fn::Join': ['', ['ec2.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] } },
  })
  Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Action: Match.arrayWith(['kms:GenerateDataKeyWithoutPlaintext']),
          Resource: keyArn,
          Condition: viaEc2,
        }),
        Match.objectLike({ Action: 'kms:CreateGrant', Resource: keyArn, Condition: viaEc2 }),
      ]),
    },
  })
})

it('refuses subnets from which instances without public addresses do not reach AWS', () => {
  const stack = new TestStack()
  const subnetConfiguration = [{ name: 'open', subnetType: ec2.SubnetType.PUBLIC }]
  const vpc = new ec2.Vpc(stack, 'Vpc', { availabilityZones: ZONES, natGateways: 0, subnetConfiguration })
  expect(() => serviceIn(stack, { vpc: vpc as ec2.IVpc })).toThrow('Test/Vpc/openSubnet1')
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

describe('the root volume', () => {
  const image = imageWithId('ami-0123456789abcdef0')
  const devicesOf = (template: Template) => {
    const hosts = Object.values(resourcesOf(template, 'AWS::EC2::LaunchTemplate'))
    const own = Object.values(resourcesOf(template, 'AWS::EC2::Instance'))
    const data = [
      ...hosts.map(({ Properties }) => Properties.LaunchTemplateData),
      ...own.map((each) => each.Properties),
    ]
    return new Set(
      data.flatMap((each) =>
        (each as { BlockDeviceMappings: { DeviceName: string }[] }).BlockDeviceMappings.map(
          ({ DeviceName }) => DeviceName,
        ),
      ),
    )
  }

  it('of an image is where its root device is: elsewhere it would be one volume more', () => {
    expect(devicesOf(serviceTemplate())).toEqual(new Set(['/dev/xvda']))
    expect(devicesOf(serviceTemplate({ rootDeviceName: '/dev/sda1' }))).toEqual(new Set(['/dev/sda1']))
  })

  it.each([
    ['an image is given without it', { machineImage: image }, 1],
    ['it is given', { machineImage: image, rootDeviceName: '/dev/sda1' }, 0],
  ])('is warned of where %s', (_name, props, count) => {
    const stack = new TestStack()
    serviceIn(stack, props)
    expect(
      Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('rootDeviceName')),
    ).toHaveLength(count)
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
