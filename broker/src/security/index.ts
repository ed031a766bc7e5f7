/** Who may do how much. */
export { ANONYMOUS_USER } from './principal.ts'
export { BrokerQuotas } from './quotas/broker-quotas.ts'
export type { Admission, ConnectionQuotas } from './quotas/connection-quotas.ts'
export type { RequestMutations } from './quotas/mutation-quotas.ts'
