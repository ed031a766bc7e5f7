/** What a person sees once everything runs. */
import type { ClusterHealth } from './health.ts'
import type { StartOptions } from './options.ts'
import { QUICKSTART_NAME } from './readiness.ts'

export function welcome(options: StartOptions, clusters: readonly ClusterHealth[]): string {
  const endpoint = `http://127.0.0.1:${options.port}`
  const cluster = clusters.find(({ name }) => name === QUICKSTART_NAME) ?? clusters[0]
  const bootstrap = cluster?.bootstrapBrokers
  return `
Freshet is running. Ctrl-C stops it.

  REST endpoint   ${endpoint}
  Bootstrap       ${bootstrap === undefined ? 'no cluster yet' : `${bootstrap}  (cluster ${cluster?.name})`}
  Data folder     ${options.dataDir}
  Key             id test, secret test, region us-east-1 (accepted on loopback only)

To paste:

  ${awsLine(endpoint)}
${bootstrap === undefined ? '' : clientLines(bootstrap.split(',')[0] ?? bootstrap)}`
}

function awsLine(endpoint: string): string {
  const key = 'AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test'
  return `${key} aws kafka list-clusters-v2 --region us-east-1 --endpoint-url ${endpoint}`
}

function clientLines(broker: string): string {
  const script =
    `const { Kafka } = require('kafkajs'); const producer = new Kafka({ brokers: ['${broker}'] }).producer(); ` +
    `producer.connect().then(() => producer.send({ topic: 'demo', messages: [{ value: 'hello' }] }))` +
    `.then(console.log).finally(() => producer.disconnect())`
  return `
  echo hello | kcat -P -b ${broker} -t demo && kcat -C -b ${broker} -t demo -e

  node -e "${script}"
`
}
