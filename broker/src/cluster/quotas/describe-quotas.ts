/** DescribeClientQuotas (48): which entities a filter finds (KIP-546). */
import { ErrorCode, KafkaError } from '../../wire/errors.ts'
import type { ClientQuota, ClientQuotasView, QuotaEntity } from './client-quotas.ts'
import { QuotaEntityType } from './client-quotas.ts'
import { isEntityType } from './quota-keys.ts'

export const QuotaMatch = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const

export interface QuotaFilterComponent {
  readonly entityType: string
  readonly matchType: number
  readonly match: string | null
}

/** `strict` leaves out entities that have more parts than the filter names. */
export function describeClientQuotas(
  quotas: ClientQuotasView,
  components: readonly QuotaFilterComponent[],
  strict: boolean,
): ClientQuota[] {
  checkComponents(components)
  return [...quotas.all()].filter(
    ({ entity }) =>
      components.every((component) => matches(entity, component)) &&
      (!strict || entity.length === components.length),
  )
}

function matches(entity: QuotaEntity, { entityType, matchType, match }: QuotaFilterComponent): boolean {
  const part = entity.find((each) => each.entityType === entityType)
  if (part === undefined) return false
  if (matchType === QuotaMatch.EXACT) return part.entityName === match
  if (matchType === QuotaMatch.DEFAULT) return part.entityName === null
  return true
}

function checkComponents(components: readonly QuotaFilterComponent[]): void {
  const types = new Set<string>()
  for (const { entityType, matchType, match } of components) {
    if (entityType === '') throw invalid('Unexpected empty filter component entity type.')
    if (types.has(entityType))
      throw invalid(`Entity type ${entityType} cannot appear more than once in the filter.`)
    types.add(entityType)
    if (!isEntityType(entityType)) {
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, `Unsupported entity type ${entityType}`)
    }
    if (matchType < QuotaMatch.EXACT || matchType > QuotaMatch.ANY)
      throw invalid(`Unknown match type ${matchType}`)
    if (matchType === QuotaMatch.EXACT && match === null)
      throw invalid('Request specified MATCH_TYPE_EXACT, but set match to null.')
    if (matchType !== QuotaMatch.EXACT && match !== null)
      throw invalid(`Request specified ${MATCH_NAMES[matchType]}, but also specified a match string.`)
  }
  if (types.size > 1 && types.has(QuotaEntityType.IP)) {
    throw invalid(
      'Invalid entity filter component combination, IP filter component should not be used with user or clientId filter component.',
    )
  }
}

const MATCH_NAMES: readonly string[] = ['MATCH_TYPE_EXACT', 'MATCH_TYPE_DEFAULT', 'MATCH_TYPE_SPECIFIED']

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message)
}
