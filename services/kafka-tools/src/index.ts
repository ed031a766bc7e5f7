/** Kafka's command line tools by name. */
export { kafkaToolNames, runKafkaTool } from './run.ts'
export { runAsProcess } from './terminal.ts'
