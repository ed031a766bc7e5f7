export type { DynamoOptions } from './client.ts'
export { type EraseOptions, eraseNamespace } from './erase.ts'
export { openDynamoStore } from './store.ts'
export { tableDefinition } from './table.ts'
