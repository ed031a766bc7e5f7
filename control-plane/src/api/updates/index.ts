import type { Hono } from 'hono'
import type { ApiContext, ApiEnv } from '../http/context.ts'
import { updateBrokerCount } from './broker-count.ts'
import { updateBrokerStorage } from './broker-storage.ts'
import { updateBrokerType } from './broker-type.ts'
import { updateClusterConfiguration } from './configuration.ts'
import { updateConnectivity } from './connectivity.ts'
import { updateClusterKafkaVersion } from './kafka-version.ts'
import { updateMonitoring } from './monitoring.ts'
import { pauseRoute } from './pause.ts'
import { updateRebalancing } from './rebalancing.ts'
import { rebootBroker } from './reboot-broker.ts'
import { updateSecurity } from './security.ts'
import { updateStorage } from './storage.ts'
import { updateRoute } from './update.ts'

export function updateRoutes(app: Hono<ApiEnv>, context: ApiContext): void {
  pauseRoute(app, context)
  updateRoute(app, context, updateBrokerCount)
  updateRoute(app, context, updateBrokerStorage)
  updateRoute(app, context, updateBrokerType)
  updateRoute(app, context, updateClusterConfiguration)
  updateRoute(app, context, updateClusterKafkaVersion)
  updateRoute(app, context, updateConnectivity)
  updateRoute(app, context, updateMonitoring)
  updateRoute(app, context, updateRebalancing)
  updateRoute(app, context, updateSecurity)
  updateRoute(app, context, updateStorage)
  updateRoute(app, context, rebootBroker)
}
