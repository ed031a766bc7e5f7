/** Apache Kafka's own jars, which the conformance tests and the benchmark run against. */
import { join } from 'node:path'
import { type Jars, mavenJars } from './maven-jars.ts'

export const KAFKA_VERSION = '4.3.1'

/** FRESHET_KAFKA_LIBS names a folder that has them already. */
export function kafkaJars(): Jars {
  return mavenJars({
    name: `kafka-${KAFKA_VERSION}`,
    pom: join(import.meta.dirname, 'pom.xml'),
    marker: `kafka-clients-${KAFKA_VERSION}.jar`,
    given: { variable: 'FRESHET_KAFKA_LIBS', folder: process.env.FRESHET_KAFKA_LIBS },
  })
}
