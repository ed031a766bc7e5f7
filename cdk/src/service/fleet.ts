import { Stack } from 'aws-cdk-lib'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { RootVolume } from './images.ts'
import { BROKER_PORTS } from './names.ts'
import { grantItems } from './permissions.ts'
import type { Software } from './software.ts'

/** What hosts are made of. The control plane launches them: type, subnet, user data and tags come with its request. */
export interface FleetProps {
  readonly vpc: ec2.IVpc
  readonly imageId: string
  readonly coordinationTable: Pick<ITable, 'tableArn'>
  readonly rootVolume: RootVolume
  readonly software: Software | undefined
}

export class Fleet extends Construct implements ec2.IConnectable {
  readonly securityGroup: ec2.SecurityGroup
  readonly connections: ec2.Connections
  readonly role: iam.Role
  readonly launchTemplate: ec2.CfnLaunchTemplate

  constructor(scope: Construct, id: string, props: FleetProps) {
    super(scope, id)
    const { vpc, imageId, coordinationTable, rootVolume, software } = props
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Freshet: hosts of brokers',
    })
    this.connections = brokerConnections(this.securityGroup)
    this.securityGroup.addIngressRule(this.securityGroup, KAFKA, 'brokers among themselves')

    this.role = new iam.Role(this, 'Role', {
      description: 'Freshet: hosts of brokers',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    })
    grantItems(coordinationTable, this.role)
    software?.grantRead(this.role)
    const profile = new iam.CfnInstanceProfile(this, 'InstanceProfile', { roles: [this.role.roleName] })
    this.launchTemplate = new ec2.CfnLaunchTemplate(this, 'LaunchTemplate', {
      launchTemplateData: {
        imageId,
        iamInstanceProfile: { arn: profile.attrArn },
        securityGroupIds: [this.securityGroup.securityGroupId],
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [rootVolume],
      },
    })
    // A host that boots before it may read its software would be in vain.
    this.launchTemplate.node.addDependency(this.role)
  }

  /** Changes with anything that a new host would be made of. */
  get fingerprint(): unknown {
    return Stack.of(this).resolve(this.launchTemplate.launchTemplateData)
  }
}

const KAFKA = ec2.Port.tcpRange(BROKER_PORTS.first, BROKER_PORTS.last)

/** Connections of Kafka clients to brokers in this security group. */
export function brokerConnections(securityGroup: ec2.ISecurityGroup): ec2.Connections {
  return new ec2.Connections({ securityGroups: [securityGroup], defaultPort: KAFKA })
}
