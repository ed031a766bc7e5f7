/** The name that things of the service bear where nobody chose another. */
export const NAME = 'freshet'

/** Where control planes serve the MSK API, agents and `/health`. */
export const API_PORT = 9690

/** Ports of brokers on a host, as many as it has brokers, from the first on: listeners and, lower, their metrics. */
export const BROKER_PORTS = { first: 19_092, last: 29_091 }
export const METRICS_PORTS = { first: 11_001, last: 19_091 }

/** Tag of all instances and volumes that the service makes, with the name of the service. */
export const SERVICE_TAG = 'freshet:service'

/** CloudWatch keeps namespaces that begin with AWS/ to itself; names and dimensions in ours are MSK's. */
export const METRIC_NAMESPACE = 'Freshet/Kafka'
