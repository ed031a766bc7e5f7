/** Broker configurations of Kafka that mean nothing here, and why. Whoever sets one is told. */

const REASONS: readonly (readonly [reason: string, names: RegExp])[] = [
  ['there is no tiered storage yet', /^remote\.|^follower\.fetch\.last\.tiered\./],
  [
    'connections are not authenticated or encrypted yet',
    /^(sasl|ssl|security)\.|^delegation\.token\.|^authorizer\.class|^principal\.builder|^connections\.max\.reauth|^connection\.failed\.auth|^early\.start\.listeners/,
  ],
  [
    'the metadata is in the coordination store, without a quorum of controllers',
    /^controller\.(quorum|listener|socket)|^metadata\.|^process\.roles|^initial\.broker\.registration|^controlled\.shutdown/,
  ],
  [
    'one event loop does all the work of a broker, without threads and without queues between them',
    /\.threads$|^num\.|^queued\.max\.|^background\./,
  ],
  ['a broker has one log dir', /log\.dirs?\b/],
  ['what waits is forgotten as soon as it is answered', /\.purgatory\.purge\.interval\.requests$/],
  [
    'coordinators write at the end of each turn of the event loop, as they load in slices of one size',
    /\.append\.linger\.ms$|\.cached\.buffer\.max\.bytes$|load\.buffer\.size$/,
  ],
  ['metrics are served to Prometheus', /^metrics?\.|^kafka\.metrics\./],
  ['there are no plugins in Java', /\.class(\.name)?$|^config\.providers/],
  ['records of coordinators are not compressed', /\.compression\.codec$/],
  ['the system chooses', /^socket\./],
  ['requests of brokers to each other have fixed limits', /^request\.timeout|^replica\.socket\./],
  ["share groups have one assignor, Kafka's simple one", /^group\.share\.assignors$/],
  ['every protocol is on', /^group\.coordinator\.rebalance\.protocols$/],
]

/** Undefined for a name that means nothing to Kafka either. */
export function reasonForAbsence(name: string): string | undefined {
  return REASONS.find(([, names]) => names.test(name))?.[0]
}
