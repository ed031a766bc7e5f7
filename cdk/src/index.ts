/** Freshet as CDK constructs: the service, and the clusters and topics that it has. */

export type { ClusterAttributes, ICluster, ReadScope, TopicScope, WriteScope } from './clusters/cluster.ts'
export { KafkaVersion } from './clusters/kafka-version.ts'
export { ProvisionedCluster, type ProvisionedClusterProps } from './clusters/provisioned-cluster.ts'
export { ServerlessCluster, type ServerlessClusterProps } from './clusters/serverless-cluster.ts'
export { Topic, type TopicProps } from './clusters/topic.ts'
export { type AlarmsProps, ClusterAlarms, ServiceAlarms } from './observability/alarms.ts'
export { ServiceDashboard } from './observability/service-dashboard.ts'
export { ControlPlane } from './service/control-plane.ts'
export { Fleet } from './service/fleet.ts'
export type { HostClass } from './service/fleet-settings.ts'
export {
  FreshetService,
  type FreshetServiceAttributes,
  type FreshetServiceProps,
  type IFreshetService,
} from './service/freshet-service.ts'
export { imageWithId } from './service/images.ts'
export { LoadBalancer, type LoadBalancerOptions } from './service/load-balancer.ts'
export { ServiceNetwork, type ServiceNetworkProps } from './service/network.ts'
export { Software, type SoftwareProps } from './service/software.ts'
export { ServiceState, type ServiceStateProps } from './service/state.ts'
