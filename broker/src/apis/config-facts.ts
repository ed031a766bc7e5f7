import type { DescribedConfig } from '../cluster/index.ts'

/** A configuration as CreateTopics and DescribeConfigs both tell it. */
export function describedConfig({ name, value, readOnly, source, isSensitive }: DescribedConfig) {
  return { name, value, readOnly, configSource: source, isSensitive }
}
