import type { RequestMutations } from '../security/index.ts'
import type { RequestContext } from '../server/context.ts'

/** The client's quota on partitions created and deleted. It is counted where the controller is (KIP-599). */
export function mutationsOf(context: RequestContext, strictSince: number): RequestMutations {
  const { broker, user, clientId, apiVersion } = context
  const { clock } = broker.runtime
  return broker.quotas.mutations.of(user, clientId, apiVersion >= strictSince, () => clock.monotonic())
}
