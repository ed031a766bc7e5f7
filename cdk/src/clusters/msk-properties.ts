import { Token } from 'aws-cdk-lib'

/** Properties of aws-cdk-lib's `CfnCluster`, by the names that CloudFormation has for them. */
export function cloudFormationProperties(properties: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [propertyName(name), propertyValue(value)]),
  )
}

function propertyValue(value: unknown): unknown {
  if (Token.isUnresolved(value) || typeof value !== 'object' || value === null) return value
  return Array.isArray(value) ? value.map(propertyValue) : cloudFormationProperties(value)
}

/** Names of which more than the first letter differs. */
const NAMES: Readonly<Record<string, string>> = { dataVolumeKmsKeyId: 'DataVolumeKMSKeyId' }

function propertyName(name: string): string {
  return NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1)
}
