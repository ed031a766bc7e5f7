import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ServiceState, type ServiceStateProps } from '../service/state.ts'

/** What is kept, whatever becomes of the rest. */
export interface StateStackProps extends StackProps, ServiceStateProps {}

export class StateStack extends Stack {
  readonly state: ServiceState

  constructor(scope: Construct, id: string, props: StateStackProps) {
    super(scope, id, props)
    this.state = new ServiceState(this, 'State', props)
  }
}
