import { eraseNamespace } from '@freshet/coordination/dynamodb'
import type { FleetDriver } from '../driver.ts'
import { registrationToken } from '../host-credentials.ts'
import { createEc2Fleet } from './driver.ts'
import { createSdkApi } from './sdk.ts'
import type { Ec2Settings } from './settings.ts'

/** The fleet of a settings file, over AWS; loaded only where it is asked for. */
export async function openEc2Fleet(settings: Ec2Settings, agentToken: string): Promise<FleetDriver> {
  const { region, launchTemplateId: id, launchTemplateVersion: version, coordinationTable } = settings
  const fleet = createEc2Fleet({
    api: createSdkApi({ region, launchTemplate: { id, version } }),
    settings,
    registrationToken: (hostId, volumeId) => registrationToken(agentToken, hostId, volumeId),
    removeMetadata: (namespace) =>
      eraseNamespace({ tableName: coordinationTable, namespace, logs: [METADATA_LOG], client: { region } }),
    now: () => performance.now(),
  })
  // What is wrong with access to AWS shows at once.
  await fleet.listHosts()
  return fleet
}

/** The one log that a cluster's brokers keep. */
const METADATA_LOG = 'metadata'
