import { Stack, Token, Validations } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import { Construct } from 'constructs'
import { NAME } from './names.ts'

/** A network for the service: one subnet in each of its zones, without a way to the internet unless asked for. */
export interface ServiceNetworkProps {
  /**
   * Three zones by name; the service names its subnets by them.
   *
   * @default - the first three zones of the stack's region, which CDK looks up
   */
  readonly availabilityZones?: readonly string[]

  /**
   * Addresses of the network.
   *
   * @default 10.0.0.0/16
   */
  readonly cidr?: string

  /**
   * NAT gateways. With none there is no way out to the internet: the AWS services that Freshet uses are reached
   * through endpoints in the network. With one per zone there are public subnets too, and no interface endpoints.
   *
   * @default 0
   */
  readonly natGateways?: number
}

export class ServiceNetwork extends Construct {
  readonly vpc: ec2.IVpc

  constructor(scope: Construct, id: string, props: ServiceNetworkProps = {}) {
    super(scope, id)
    const { cidr = '10.0.0.0/16', natGateways = 0 } = props
    const vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(cidr),
      availabilityZones: zonesOf(this, props.availabilityZones),
      natGateways,
      subnetConfiguration: natGateways === 0 ? [ISOLATED] : [PUBLIC, PRIVATE],
      gatewayEndpoints: {
        S3: { service: ec2.GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: ec2.GatewayVpcEndpointAwsService.DYNAMODB },
      },
      // A Lambda function would have to empty it; nothing of ours is in it.
      restrictDefaultSecurityGroup: false,
    })
    Validations.of(vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'brokers know their zone by its name',
    })
    if (natGateways === 0) addEndpoints(vpc)
    // Strictly a Vpc is no IVpc: it may say that its gateway is undefined.
    this.vpc = vpc as ec2.IVpc
  }
}

/** As many as there are control planes. */
export const ZONES = 3

/** One subnet in each zone, of those that are asked for. */
export function subnetsOf(vpc: ec2.IVpc, selection: ec2.SubnetSelection | undefined): ec2.ISubnet[] {
  const isolated = vpc.privateSubnets.length === 0 && vpc.isolatedSubnets.length > 0
  const usual = isolated ? { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } : {}
  const { subnets } = vpc.selectSubnets(selection ?? { ...usual, onePerAz: true })
  const zones = subnets.map(({ availabilityZone }) => availabilityZone)
  if (zones.some((zone) => Token.isUnresolved(zone))) {
    throw new Error(
      'Freshet needs the names of its availability zones when the template is made: give the VPC its ' +
        'availabilityZones, or the stack an account and a region',
    )
  }
  if (zones.every((zone) => STAND_IN.test(zone))) return subnets
  const open = subnets.find(({ subnetId }) => vpc.publicSubnets.some((each) => each.subnetId === subnetId))
  if (open !== undefined) {
    throw new Error(
      `Freshet's instances have no public addresses: in the public subnet ${open.node.path} they would not reach AWS`,
    )
  }
  if (new Set(zones).size !== zones.length || zones.length < ZONES) {
    throw new Error(
      `Freshet needs one subnet in each of ${ZONES} availability zones or more, not in ${zones.join(', ')}`,
    )
  }
  return subnets
}

/** Zones of a network that CDK will look up after this synthesis, to begin it again. */
const STAND_IN = /^dummy\d[a-z]$/

/** What control planes ask of AWS, apart from S3 and DynamoDB. */
const ENDPOINTS = {
  Ec2: ec2.InterfaceVpcEndpointAwsService.EC2,
  SecretsManager: ec2.InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  Sqs: ec2.InterfaceVpcEndpointAwsService.SQS,
  CloudWatch: ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_MONITORING,
}

const CIDR_MASK = 20
const ISOLATED = { name: NAME, subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: CIDR_MASK }
const PRIVATE = { name: NAME, subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS, cidrMask: CIDR_MASK }
const PUBLIC = { name: 'public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 24 }

function zonesOf(scope: Construct, given: readonly string[] | undefined): string[] {
  const zones = [...(given ?? Stack.of(scope).availabilityZones.slice(0, ZONES))]
  if (new Set(zones).size !== ZONES || zones.some((zone) => Token.isUnresolved(zone))) {
    throw new Error(
      `Freshet needs ${ZONES} availability zones by name, not ${zones.length === 0 ? 'none' : zones.join(', ')}: ` +
        'give availabilityZones, or the stack an account and a region so that they can be looked up',
    )
  }
  return zones
}

function addEndpoints(vpc: ec2.Vpc): void {
  for (const [name, service] of Object.entries(ENDPOINTS)) {
    vpc.addInterfaceEndpoint(name, { service, subnets: { subnetGroupName: NAME } })
  }
}
