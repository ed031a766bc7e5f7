import { provisionedClusterResource, serverlessClusterResource } from './cluster.ts'
import { fleetResource } from './fleet.ts'
import type { CustomResourceRequest, Outcome } from './request.ts'
import { failed, type Resource, type ResourceContext, succeeded, wasMade } from './resource.ts'
import { topicResource } from './topic.ts'

/** Custom resources by their type. */
const resources: Readonly<Record<string, Resource>> = {
  'Custom::FreshetCluster': provisionedClusterResource,
  'Custom::FreshetServerlessCluster': serverlessClusterResource,
  'Custom::FreshetTopic': topicResource,
  'Custom::FreshetFleet': fleetResource,
}

/** Looks at what a request wants and does the next thing for it. Called again, it does nothing twice. */
export async function handle(request: CustomResourceRequest, context: ResourceContext): Promise<Outcome> {
  const { requestId, resourceType } = request
  const resource = resources[resourceType]
  if (resource === undefined) {
    const known = Object.keys(resources).join(', ')
    return failed(request, `There is no resource ${resourceType}; there are ${known}.`)
  }
  const answer = await context.journal.answerTo(requestId)
  if (answer !== undefined) return answer
  if (request.requestType === 'Create') return resource.create(request, context)
  const { physicalResourceId } = request
  if (request.requestType === 'Update') return resource.update(request, context)
  return wasMade(physicalResourceId) ? resource.delete(request, context) : succeeded(physicalResourceId)
}
