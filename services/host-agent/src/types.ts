/** What the control plane and the agent tell each other about the units (brokers) of one host. */

export interface UnitSpec {
  readonly unitId: string
  /** Kafka's cluster id, 22 characters. */
  readonly clusterId: string
  readonly brokerId: number
  /** REMOVED also deletes the unit's folder, records included. */
  readonly desired: 'RUNNING' | 'STOPPED' | 'REMOVED'
  /** A running broker whose generation changes is restarted, with a clean shutdown. */
  readonly generation: number
  /** server.properties, as of the next start: a change alone restarts nothing. */
  readonly properties: Readonly<Record<string, string>>
  readonly port: number
}

export type UnitPhase = 'STARTING' | 'RUNNING' | 'BACKOFF' | 'STOPPING' | 'STOPPED' | 'REMOVED'

export interface UnitStatus {
  readonly unitId: string
  readonly state: UnitPhase
  readonly pid?: number
  /** How often the broker was started again after it died. */
  readonly restarts: number
  readonly lastError?: string
}

/** What the cloud has announced for the instance that the host is. */
export interface HostNotice {
  readonly kind: 'SPOT_INTERRUPTION' | 'REBALANCE_RECOMMENDATION' | 'SCHEDULED_EVENT'
  readonly detail: string
  /** When it is to happen, as the cloud writes it. */
  readonly notBefore?: string
}

/** Body of `POST /internal/hosts/{hostId}/sync`. */
export interface SyncRequest {
  /** The revision of the answer that the agent applied last; 0 before the first. */
  readonly revision: number
  /** How long the answer may wait for another revision. */
  readonly waitMs: number
  readonly units: readonly UnitStatus[]
  readonly notices?: readonly HostNotice[]
}

export interface SyncResponse {
  readonly revision: number
  readonly units: readonly UnitSpec[]
  /** Where the control planes are that live at this moment; absent where there is only this one. */
  readonly controlPlanes?: readonly string[]
}
