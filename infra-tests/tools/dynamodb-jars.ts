import { join } from 'node:path'
import { type Jars, mavenJars } from './maven-jars.ts'

const VERSION = '2.6.1'

/** Amazon's DynamoDB Local. FRESHET_DYNAMODB_LIBS names a folder that has its jars already. */
export function dynamodbJars(): Jars {
  return mavenJars({
    name: `dynamodb-local-${VERSION}`,
    pom: join(import.meta.dirname, 'dynamodb', 'pom.xml'),
    marker: `DynamoDBLocal-${VERSION}.jar`,
    given: { variable: 'FRESHET_DYNAMODB_LIBS', folder: process.env.FRESHET_DYNAMODB_LIBS },
  })
}
