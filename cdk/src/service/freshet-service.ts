import { CfnOutput, CustomResource, Duration, Stack } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IPrivateHostedZone } from 'aws-cdk-lib/aws-route53'
import { Construct } from 'constructs'
import { ControlPlane } from './control-plane.ts'
import { CustomResources } from './custom-resources.ts'
import { brokerConnections, Fleet } from './fleet.ts'
import { type FleetSettings, type HostClass, subnetsByZone } from './fleet-settings.ts'
import { imageIdOf, rootVolumeOf } from './images.ts'
import { LoadBalancer, type LoadBalancerOptions } from './load-balancer.ts'
import { checkMachines } from './machine-rules.ts'
import { API_PORT, METRICS_PORTS, NAME } from './names.ts'
import { ServiceNetwork, subnetsOf, ZONES } from './network.ts'
import {
  fleetStatements,
  grantItems,
  metricsStatement,
  recordStatement,
  volumeKeyStatements,
} from './permissions.ts'
import { machineOf, type Software } from './software.ts'
import { ServiceState } from './state.ts'

export interface FreshetServiceProps {
  /**
   * Tells services of one account apart: it is on all their instances and volumes.
   *
   * @default freshet
   */
  readonly serviceName?: string

  /**
   * The network. One that is given needs a way to S3, DynamoDB, EC2, SQS, Secrets Manager and CloudWatch.
   *
   * @default - a network of its own, without a way to the internet
   */
  readonly vpc?: ec2.IVpc

  /**
   * One subnet in each of three zones or more, the names of which are known when the template is made.
   *
   * @default - the isolated subnets of a network that has no others, else the private ones
   */
  readonly vpcSubnets?: ec2.SubnetSelection

  /**
   * Tables and secrets, which can be in a stack of their own.
   *
   * @default - made here, and retained when this is deleted
   */
  readonly state?: ServiceState

  /**
   * What instances unpack to /opt/freshet.
   *
   * @default - none: the image brings it
   */
  readonly software?: Software

  /**
   * The processors of all instances.
   *
   * @default - those that the software is for, else InstanceArchitecture.ARM_64
   */
  readonly architecture?: ec2.InstanceArchitecture

  /**
   * The image of all instances. Its id must be known when the template is made: a new one replaces instances, which
   * must not happen by the way.
   *
   * @default - Amazon Linux 2023; the id is kept in cdk.context.json
   */
  readonly machineImage?: ec2.IMachineImage

  /** The `RootDeviceName` of that image, as `aws ec2 describe-images` tells it; `/dev/xvda` if absent. */
  readonly rootDeviceName?: string

  /**
   * Instances of the control plane.
   *
   * @default - t4g.small, or t3.small for x86
   */
  readonly controlPlaneInstanceType?: ec2.InstanceType

  /** Root volume of all instances: operating system, software and logs, no records; 16 if absent. */
  readonly rootVolumeSizeGB?: number

  /**
   * Hosts that brokers of serverless clusters share.
   *
   * @default - m7g.large or m6g.large, or m7i.large or m6i.large for x86
   */
  readonly sharedHosts?: HostClass

  /**
   * Hosts by MSK's broker type, `kafka.m7g.large` for instance.
   *
   * @default - the EC2 type of the same name, or its like with the processors of the service, on-demand
   */
  readonly brokerClasses?: Readonly<Record<string, HostClass>>

  /**
   * Keys of KMS that clusters may name for their volumes, as `dataVolumeKmsKeyId`.
   *
   * @default - none: volumes are encrypted with the account's key of EBS
   */
  readonly volumeKeys?: readonly IKey[]

  /**
   * A private zone of the network, in which the service keeps `control-plane` as a name for the addresses of the
   * control planes that live. The network needs a way to Route 53, which has no endpoint in every region.
   *
   * @default - no record
   */
  readonly hostedZone?: IPrivateHostedZone

  /**
   * A network load balancer in front of the control planes.
   *
   * @default - none: clients are given the addresses of all control planes
   */
  readonly loadBalancer?: LoadBalancerOptions
}

/** What constructs of clusters need to know of a service. */
export interface IFreshetService {
  /** Service token of custom resources: the topic to which CloudFormation publishes what it wants. */
  readonly serviceToken: string
  /** The brokers of all clusters. */
  readonly brokers: ec2.IConnectable
  /** One in each zone. */
  readonly subnetIds: readonly string[]
}

export interface FreshetServiceAttributes {
  /** Its output `ServiceToken`. */
  readonly serviceToken: string
  /** The security group of its brokers: its output `BrokerSecurityGroupId`. */
  readonly brokerSecurityGroup: ec2.ISecurityGroup
  /** Subnets of its hosts, one in each zone: its output `SubnetIds`, as by `Fn.split(',', value, 3)`. */
  readonly subnetIds: readonly string[]
}

/** A Freshet service: MSK's API, and the brokers that it obtains, in one network. */
export class FreshetService extends Construct implements IFreshetService, ec2.IConnectable {
  /** A service of another app. */
  static fromFreshetServiceAttributes(attributes: FreshetServiceAttributes): IFreshetService {
    const { serviceToken, brokerSecurityGroup, subnetIds } = attributes
    return { serviceToken, subnetIds, brokers: { connections: brokerConnections(brokerSecurityGroup) } }
  }

  readonly serviceName: string
  readonly vpc: ec2.IVpc
  readonly state: ServiceState
  readonly fleet: Fleet
  readonly controlPlane: ControlPlane
  readonly customResources: CustomResources
  readonly loadBalancer: LoadBalancer | undefined
  /** MSK's API: any of these. */
  readonly endpointUrls: readonly string[]
  readonly subnetIds: readonly string[]

  constructor(scope: Construct, id: string, props: FreshetServiceProps = {}) {
    super(scope, id)
    const { serviceName = NAME, software } = props
    checkMachines(serviceName, machineOf(architectureOf(props)), props)
    this.serviceName = serviceName
    this.vpc = props.vpc ?? new ServiceNetwork(this, 'Network').vpc
    const subnets = subnetsOf(this.vpc, props.vpcSubnets)
    this.subnetIds = subnets.map(({ subnetId }) => subnetId)
    this.state = props.state ?? new ServiceState(this, 'State')
    const isX86 = architectureOf(props) === ec2.InstanceArchitecture.X86_64
    const imageId = imageIdOf(this, props.machineImage, architectureOf(props))
    const rootVolume = rootVolumeOf(this, props)
    this.customResources = new CustomResources(this, 'CustomResources')
    this.fleet = new Fleet(this, 'Fleet', {
      vpc: this.vpc,
      imageId,
      coordinationTable: this.state.coordinationTable,
      rootVolume,
      software,
    })
    this.controlPlane = new ControlPlane(this, 'ControlPlane', {
      serviceName,
      vpc: this.vpc,
      subnets: subnets.slice(0, ZONES),
      imageId,
      instanceType: props.controlPlaneInstanceType ?? new ec2.InstanceType(isX86 ? 't3.small' : 't4g.small'),
      rootVolume,
      boot: (urls) => this.#boot(urls, subnets, props),
      fingerprint: this.fleet.fingerprint,
    })
    this.#grant(imageId, props)
    this.#connect()
    this.loadBalancer = props.loadBalancer && this.#balance(props.loadBalancer)
    this.endpointUrls = this.loadBalancer
      ? [this.loadBalancer.url]
      : this.controlPlane.addresses.map((address) => `http://${address}:${API_PORT}`)
    this.#guard()
    this.#outputs()
  }

  /** Callers of MSK's API. */
  get connections(): ec2.Connections {
    return (this.loadBalancer ?? this.controlPlane).connections
  }

  /** Kafka clients. */
  get brokers(): ec2.IConnectable {
    return this.fleet
  }

  get serviceToken(): string {
    return this.customResources.topic.topicArn
  }

  #boot(urls: readonly string[], subnets: readonly ec2.ISubnet[], props: FreshetServiceProps) {
    const stack = Stack.of(this)
    const { software, brokerClasses, hostedZone } = props
    const types = architectureOf(props) === ec2.InstanceArchitecture.X86_64 ? X86_TYPES : ARM_TYPES
    const settings: FleetSettings = {
      region: stack.region,
      accountId: stack.account,
      service: this.serviceName,
      launchTemplateId: this.fleet.launchTemplate.ref,
      launchTemplateVersion: this.fleet.launchTemplate.attrLatestVersionNumber,
      subnets: subnetsByZone(subnets),
      controlPlaneUrls: urls,
      coordinationTable: this.state.coordinationTable.tableName,
      ...(software && {
        software: {
          bucket: software.bucketName,
          keys: { [machineOf(software.architecture)]: software.objectKey },
        },
      }),
      machine: machineOf(architectureOf(props)),
      ...(brokerClasses && { brokerClasses }),
      sharedHosts: props.sharedHosts ?? { types },
      cloudFormation: { queueUrl: this.customResources.queue.queueUrl },
      ...(hostedZone && { hostedZone: { id: hostedZone.hostedZoneId, name: hostedZone.zoneName } }),
    }
    return {
      region: stack.region,
      software,
      fleetSettings: stack.toJsonString(settings, 2),
      stateUrl: `dynamodb://${this.state.controlPlaneTable.tableName}/control-plane`,
      serviceSecretArn: this.state.serviceSecret.secretArn,
      administratorKeyArn: this.state.administratorKey.secretArn,
    }
  }

  #grant(imageId: string, props: FreshetServiceProps): void {
    const { software, hostedZone, volumeKeys = [], sharedHosts, brokerClasses = {} } = props
    const { role } = this.controlPlane
    grantItems(this.state.controlPlaneTable, role)
    grantItems(this.state.coordinationTable, role)
    this.state.serviceSecret.grantRead(role)
    this.state.administratorKey.grantRead(role)
    this.customResources.grantAnswer(role)
    software?.grantRead(role)
    const statements = [
      ...fleetStatements({
        stack: Stack.of(this),
        serviceName: this.serviceName,
        launchTemplateId: this.fleet.launchTemplate.ref,
        imageId,
        subnetIds: this.subnetIds,
        securityGroupIds: [this.fleet.securityGroup.securityGroupId],
        hostRoleArn: this.fleet.role.roleArn,
        spot: [sharedHosts, ...Object.values(brokerClasses)].some((each) => each?.markets?.includes('spot')),
      }),
      ...volumeKeyStatements(Stack.of(this), volumeKeys),
      metricsStatement(),
      ...(hostedZone ? [recordStatement(hostedZone)] : []),
    ]
    for (const statement of statements) role.addToPolicy(statement)
  }

  #connect(): void {
    const { controlPlane, fleet } = this
    controlPlane.connections.allowDefaultPortFrom(fleet, 'agents of hosts')
    fleet.connections.allowDefaultPortFrom(controlPlane, 'the control plane, as a Kafka client')
    const metrics = ec2.Port.tcpRange(METRICS_PORTS.first, METRICS_PORTS.last)
    fleet.connections.allowFrom(controlPlane, metrics, 'the control plane, which gathers metrics')
  }

  #balance(options: LoadBalancerOptions): LoadBalancer {
    const { vpc, controlPlane } = this
    return new LoadBalancer(this, 'LoadBalancer', { ...options, vpc, controlPlane })
  }

  /**
   * The control plane itself answers for this resource: a deployment has succeeded when it works, and the service
   * cannot be deleted while it has clusters or hosts, which CloudFormation does not know.
   */
  #guard(): void {
    const { controlPlane, customResources, fleet, vpc } = this
    // Without a way to AWS an instance boots in vain.
    controlPlane.node.addDependency(vpc)
    const guard = new CustomResource(this, 'FleetGuard', {
      resourceType: 'Custom::FreshetFleet',
      serviceToken: this.serviceToken,
      serviceTimeout: GUARD_TIMEOUT,
    })
    guard.node.addDependency(controlPlane, customResources, fleet)
  }

  #outputs(): void {
    new CfnOutput(this, 'EndpointUrls', {
      description: "Addresses of MSK's API: any of them",
      value: this.endpointUrls.join(','),
    })
    new CfnOutput(this, 'AdministratorKeySecretArn', {
      description: 'Secret with the first access key of the API',
      value: this.state.administratorKey.secretArn,
    })
    new CfnOutput(this, 'SubnetIds', {
      description: 'Subnets of the hosts: those that a cluster may be in',
      value: this.subnetIds.join(','),
    })
    const [{ securityGroupId } = this.controlPlane.securityGroup] = this.connections.securityGroups
    new CfnOutput(this, 'ControlPlaneSecurityGroupId', {
      description: 'Lets callers of the API in',
      value: securityGroupId,
    })
    new CfnOutput(this, 'BrokerSecurityGroupId', {
      description: 'Lets Kafka clients in',
      value: this.fleet.securityGroup.securityGroupId,
    })
    new CfnOutput(this, 'ServiceToken', {
      description: 'Service token of the custom resources Custom::Freshet…',
      value: this.serviceToken,
    })
  }
}

const GUARD_TIMEOUT = Duration.minutes(15)
const ARM_TYPES = ['m7g.large', 'm6g.large']
const X86_TYPES = ['m7i.large', 'm6i.large']

function architectureOf({ software, architecture }: FreshetServiceProps): ec2.InstanceArchitecture {
  if (software !== undefined && architecture !== undefined && software.architecture !== architecture) {
    throw new Error(`The software is for ${software.architecture}, not for ${architecture}`)
  }
  return architecture ?? software?.architecture ?? ec2.InstanceArchitecture.ARM_64
}
