/** A stack of every resource type that our hook adds, as small as each can be. */

/** Its properties' words are CloudFormation's. */
export function stackTemplate(topicArn: string): object {
  return {
    Parameters: { Message: { Type: 'String' } },
    Resources: { ...network, ...machine, ...others, ...answered(topicArn) },
    Outputs: {
      Instance: { Value: ref('Instance') },
      Address: { Value: attribute('Instance', 'PrivateIp') },
      Group: { Value: attribute('Group', 'GroupId') },
      Thing: { Value: ref('Thing') },
      Echo: { Value: attribute('Thing', 'Echo') },
    },
  }
}

/** One that its service refuses. */
export function refusedTemplate(topicArn: string): object {
  const Thing = { Type: 'Custom::Thing', Properties: { ServiceToken: topicArn, ServiceTimeout: 20 } }
  return { Resources: { Thing } }
}

const message = ref('Message')

const network = {
  Vpc: { Type: 'AWS::EC2::VPC', Properties: { CidrBlock: '10.98.0.0/16' } },
  Subnet: {
    Type: 'AWS::EC2::Subnet',
    Properties: { VpcId: ref('Vpc'), CidrBlock: '10.98.0.0/20', AvailabilityZone: 'us-east-1b' },
  },
  Group: {
    Type: 'AWS::EC2::SecurityGroup',
    Properties: { GroupDescription: 'brokers', VpcId: ref('Vpc') },
  },
  Ingress: {
    Type: 'AWS::EC2::SecurityGroupIngress',
    Properties: {
      GroupId: attribute('Group', 'GroupId'),
      IpProtocol: 'tcp',
      FromPort: 9092,
      ToPort: 9092,
      SourceSecurityGroupId: attribute('Group', 'GroupId'),
    },
  },
  Interface: {
    Type: 'AWS::EC2::NetworkInterface',
    Properties: {
      SubnetId: ref('Subnet'),
      PrivateIpAddress: '10.98.0.9',
      GroupSet: [attribute('Group', 'GroupId')],
    },
  },
}

const machine = {
  Role: {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' },
        ],
      },
    },
  },
  Profile: { Type: 'AWS::IAM::InstanceProfile', Properties: { Roles: [ref('Role')] } },
  Template: {
    Type: 'AWS::EC2::LaunchTemplate',
    Properties: {
      LaunchTemplateData: {
        ImageId: 'ami-0c02fb55956c7d316',
        IamInstanceProfile: { Name: ref('Profile') },
      },
    },
  },
  Instance: {
    Type: 'AWS::EC2::Instance',
    Properties: {
      InstanceType: 't3.small',
      LaunchTemplate: {
        LaunchTemplateId: ref('Template'),
        Version: attribute('Template', 'LatestVersionNumber'),
      },
      NetworkInterfaces: [{ DeviceIndex: '0', NetworkInterfaceId: ref('Interface') }],
      UserData: { 'Fn::Base64': { 'Fn::Join': ['', ['#!/bin/sh\necho ', message, '\n']] } },
    },
  },
  Volume: { Type: 'AWS::EC2::Volume', Properties: { AvailabilityZone: 'us-east-1b', Size: 8 } },
  Attachment: {
    Type: 'AWS::EC2::VolumeAttachment',
    Properties: { Device: '/dev/sdf', InstanceId: ref('Instance'), VolumeId: ref('Volume') },
  },
}

const others = {
  Dashboard: {
    Type: 'AWS::CloudWatch::Dashboard',
    Properties: { DashboardName: 'hooked', DashboardBody: '{"widgets":[]}' },
  },
  Alarm: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmDescription: message,
      Namespace: 'AWS/Kafka',
      MetricName: 'ActiveControllerCount',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
    },
  },
  Zone: {
    Type: 'AWS::Route53::HostedZone',
    Properties: { Name: 'kafka.internal', VPCs: [{ VPCId: ref('Vpc'), VPCRegion: 'us-east-1' }] },
  },
}

/** What somebody outside answers. */
function answered(topicArn: string) {
  return {
    Thing: {
      Type: 'Custom::Thing',
      Properties: { ServiceToken: topicArn, ServiceTimeout: 20, Message: message, Many: 3 },
    },
  }
}

function ref(name: string): object {
  return { Ref: name }
}

function attribute(name: string, of: string): object {
  return { 'Fn::GetAtt': [name, of] }
}
