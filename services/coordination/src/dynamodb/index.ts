export type { Consumed } from './engine.ts'
export { type DynamoOptions, openDynamoStore } from './store.ts'
export { tableDefinition } from './table.ts'
