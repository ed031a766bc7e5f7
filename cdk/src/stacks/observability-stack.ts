import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ServiceAlarms } from '../observability/alarms.ts'
import { ServiceDashboard } from '../observability/service-dashboard.ts'
import type { FreshetService } from '../service/freshet-service.ts'

/** What people look at. It can come and go without anything else being touched. */
export interface ObservabilityStackProps extends StackProps {
  readonly service: FreshetService
}

export class ObservabilityStack extends Stack {
  constructor(scope: Construct, id: string, props: ObservabilityStackProps) {
    super(scope, id, props)
    const { service } = props
    new ServiceDashboard(this, 'Dashboard', { service })
    new ServiceAlarms(this, 'Alarms', { service })
  }
}
