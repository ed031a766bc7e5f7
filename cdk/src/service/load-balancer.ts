import { Duration } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2'
import * as targets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets'
import { Construct } from 'constructs'
import type { ControlPlane } from './control-plane.ts'
import { API_PORT } from './names.ts'

export interface LoadBalancerOptions {
  /**
   * Whether it is reachable from the internet. The network then needs public subnets.
   *
   * @default false
   */
  readonly internetFacing?: boolean

  /**
   * Certificates with which it serves TLS on port 443.
   *
   * @default - none: plain HTTP on the control plane's own port
   */
  readonly certificates?: readonly elbv2.IListenerCertificate[]
}

export interface LoadBalancerProps extends LoadBalancerOptions {
  readonly vpc: ec2.IVpc
  readonly controlPlane: ControlPlane
}

/** One address for all control planes, which passes over those that do not serve. */
export class LoadBalancer extends Construct implements ec2.IConnectable {
  readonly loadBalancer: elbv2.NetworkLoadBalancer
  /** Callers of the API. */
  readonly connections: ec2.Connections
  readonly url: string

  constructor(scope: Construct, id: string, props: LoadBalancerProps) {
    super(scope, id)
    const { vpc, controlPlane, internetFacing = false, certificates = [] } = props
    if (internetFacing && certificates.length === 0) {
      throw new Error(
        'A load balancer that faces the internet needs certificates: requests are signed, not secret',
      )
    }
    // Whether CDK would make one depends on a flag of the app; without one its health checks would be kept out.
    const securityGroup = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc,
      description: 'Freshet: load balancer of the control planes',
    })
    this.loadBalancer = new elbv2.NetworkLoadBalancer(this, 'LoadBalancer', {
      vpc,
      securityGroups: [securityGroup],
      internetFacing,
      crossZoneEnabled: true,
    })
    const tls = certificates.length > 0
    const port = tls ? TLS_PORT : API_PORT
    this.connections = new ec2.Connections({
      securityGroups: [securityGroup],
      defaultPort: ec2.Port.tcp(port),
    })
    const listener = this.loadBalancer.addListener('Api', {
      port,
      ...(tls && { certificates: [...certificates], sslPolicy: elbv2.SslPolicy.RECOMMENDED_TLS }),
    })
    listener.addTargets('ControlPlanes', {
      port: API_PORT,
      protocol: elbv2.Protocol.TCP,
      deregistrationDelay: Duration.seconds(30),
      targets: controlPlane.instances.map(({ ref }) => new targets.InstanceIdTarget(ref, API_PORT)),
      healthCheck: { protocol: elbv2.Protocol.HTTP, path: '/health', interval: Duration.seconds(5) },
    })
    controlPlane.connections.allowDefaultPortFrom(this, 'the load balancer')
    const { loadBalancerDnsName } = this.loadBalancer
    this.url = tls ? `https://${loadBalancerDnsName}` : `http://${loadBalancerDnsName}:${API_PORT}`
  }
}

const TLS_PORT = 443
