import { createHash } from 'node:crypto'
import { CfnWaitCondition, CfnWaitConditionHandle, Duration, Fn, Stack, Tags, Validations } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { RootVolume } from './images.ts'
import { API_PORT } from './names.ts'
import { type ControlPlaneBoot, controlPlaneUserData } from './user-data.ts'

/**
 * The control plane: an instance in each zone, all of them alike, for all state is in DynamoDB. Each has a network
 * interface of its own, so that its address outlives it, and is recovered by EC2 when its machine fails. A change rolls:
 * an instance is changed when the one before it serves again.
 */
export interface ControlPlaneProps {
  readonly serviceName: string
  readonly vpc: ec2.IVpc
  readonly subnets: readonly ec2.ISubnet[]
  readonly imageId: string
  readonly instanceType: ec2.InstanceType
  readonly rootVolume: RootVolume
  /** What instances boot with, given the addresses of all. */
  readonly boot: (urls: readonly string[]) => Omit<ControlPlaneBoot, 'readyUrl'>
  /** Changes when what they boot with does, apart from what `boot` says. */
  readonly fingerprint: unknown
}

export class ControlPlane extends Construct implements ec2.IConnectable {
  readonly securityGroup: ec2.SecurityGroup
  readonly connections: ec2.Connections
  readonly role: iam.Role
  readonly instances: readonly ec2.CfnInstance[]
  readonly addresses: readonly string[]
  readonly alarms: readonly cloudwatch.Alarm[]

  constructor(scope: Construct, id: string, props: ControlPlaneProps) {
    super(scope, id)
    const { vpc, subnets, imageId } = props
    this.securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Freshet: control plane',
    })
    const defaultPort = ec2.Port.tcp(API_PORT)
    this.connections = new ec2.Connections({ securityGroups: [this.securityGroup], defaultPort })
    this.role = new iam.Role(this, 'Role', {
      description: 'Freshet: control plane',
      assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com'),
    })

    // An interface is in one instance at a time and CloudFormation makes the new instance first: with another image
    // both are new.
    const generation = hashOf(imageId)
    const interfaces = subnets.map(
      (subnet, index) =>
        new ec2.CfnNetworkInterface(this, `Interface${index + 1}-${generation}`, {
          subnetId: subnet.subnetId,
          groupSet: [this.securityGroup.securityGroupId],
          description: `Freshet: control plane ${index + 1}`,
        }),
    )
    this.addresses = interfaces.map(({ attrPrimaryPrivateIpAddress }) => attrPrimaryPrivateIpAddress)
    this.instances = this.#instances(interfaces, generation, props)
    Validations.of(this).acknowledge({
      id: 'CloudFormation-Validate::W9010',
      reason: 'another image is another generation: its id has to be known',
    })
    this.alarms = this.instances.flatMap((instance, index) => this.#recover(instance, index + 1))
  }

  #instances(
    interfaces: readonly ec2.CfnNetworkInterface[],
    generation: string,
    props: ControlPlaneProps,
  ): ec2.CfnInstance[] {
    const profile = new iam.CfnInstanceProfile(this, 'InstanceProfile', { roles: [this.role.roleName] })
    const boot = props.boot(this.addresses.map((address) => `http://${address}:${API_PORT}`))
    const version = hashOf(
      Stack.of(this).resolve([props.fingerprint, controlPlaneUserData({ ...boot, readyUrl: '' })]),
    )
    const instances: ec2.CfnInstance[] = []
    let before: CfnWaitCondition | undefined
    for (const [index, { ref }] of interfaces.entries()) {
      const name = index + 1
      const handle = new CfnWaitConditionHandle(this, `Ready${name}-${version}`)
      const instance = new ec2.CfnInstance(this, `Instance${name}-${generation}`, {
        imageId: props.imageId,
        instanceType: props.instanceType.toString(),
        iamInstanceProfile: profile.ref,
        networkInterfaces: [{ deviceIndex: '0', networkInterfaceId: ref }],
        metadataOptions: { httpTokens: 'required', httpPutResponseHopLimit: 1 },
        blockDeviceMappings: [props.rootVolume],
        userData: Fn.base64(controlPlaneUserData({ ...boot, readyUrl: handle.ref })),
      })
      Tags.of(instance).add('Name', `${props.serviceName} control plane ${name}`)
      // Without its rights it would start in vain.
      instance.node.addDependency(this.role)
      if (before !== undefined) instance.node.addDependency(before)
      before = new CfnWaitCondition(this, `Serves${name}-${version}`, {
        handle: handle.ref,
        timeout: String(START_TIMEOUT.toSeconds()),
        count: 1,
      })
      before.node.addDependency(instance)
      instances.push(instance)
    }
    return instances
  }

  /** EC2 moves the instance to another machine when its own fails, and restarts it when it hangs. */
  #recover(instance: ec2.CfnInstance, name: number): cloudwatch.Alarm[] {
    const alarm = (
      id: string,
      metricName: string,
      minutes: number,
      action: actions.Ec2InstanceAction,
    ): cloudwatch.Alarm => {
      const metric = new cloudwatch.Metric({
        namespace: 'AWS/EC2',
        metricName,
        dimensionsMap: { InstanceId: instance.ref },
        period: Duration.minutes(1),
        statistic: cloudwatch.Stats.MAXIMUM,
      })
      const created = new cloudwatch.Alarm(this, `${id}${name}`, {
        metric,
        threshold: 1,
        evaluationPeriods: minutes,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
        alarmDescription: `Freshet: control plane ${name} fails its status check; EC2 is told to ${action} it`,
      })
      created.addAlarmAction(new actions.Ec2Action(action))
      return created
    }
    return [
      alarm('SystemCheck', 'StatusCheckFailed_System', 2, actions.Ec2InstanceAction.RECOVER),
      alarm('InstanceCheck', 'StatusCheckFailed_Instance', 3, actions.Ec2InstanceAction.REBOOT),
    ]
  }
}

const START_TIMEOUT = Duration.minutes(10)
const HASH_LENGTH = 8

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, HASH_LENGTH)
}
