import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ServiceNetwork, type ServiceNetworkProps } from '../service/network.ts'

/** A network for the service, where there is none to be used. */
export interface NetworkStackProps extends StackProps, ServiceNetworkProps {}

export class NetworkStack extends Stack {
  readonly network: ServiceNetwork
  readonly #zones: readonly string[] | undefined

  constructor(scope: Construct, id: string, props: NetworkStackProps) {
    super(scope, id, props)
    this.#zones = props.availabilityZones
    this.network = new ServiceNetwork(this, 'Network', props)
  }

  /** Zones that were named need not be looked up. */
  override get availabilityZones(): string[] {
    return this.#zones ? [...this.#zones] : super.availabilityZones
  }
}
