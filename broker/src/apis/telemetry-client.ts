import type { RequestContext } from '../server/context.ts'
import type { TelemetryClient } from '../telemetry/client-metrics/client-metrics.ts'

/** What the broker knows of who sent this request. */
export function telemetryClient({ clientId, clientHost, connection }: RequestContext): TelemetryClient {
  const { name, version } = connection?.clientSoftware ?? { name: 'unknown', version: 'unknown' }
  return {
    clientId,
    softwareName: name,
    softwareVersion: version,
    address: clientHost,
    port: connection?.socket.remotePort ?? 0,
  }
}
