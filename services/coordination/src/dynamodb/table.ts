/**
 * One DynamoDB table for all stores of a service: on-demand, two string keys, nothing else declared.
 *
 * Names of attributes avoid DynamoDB's reserved words.
 *
 * pk                    sk                       what
 * {namespace}/leases    {lease name}             holder, fencingToken, renewal, ttlMs
 * {namespace}/log/{log} head                     startIndex, nextIndex
 *                       e/{index}                entries from that index on: packed payloads, or where their bodies are
 *                       b/{index}/{append}/{n}   bodies of an append that is too large for one transaction
 * {namespace}/documents {key}                    revision, json
 */
import type { AttributeValue, CreateTableCommandInput } from '@aws-sdk/client-dynamodb'

export type Item = Record<string, AttributeValue>
export type Key = { pk: AttributeValue; sk: AttributeValue }

export function tableDefinition(tableName: string): CreateTableCommandInput {
  return {
    TableName: tableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
  }
}

export function keyOf(partition: string, sort: string): Key {
  return { pk: { S: partition }, sk: { S: sort } }
}

export function numberOf(item: Item | undefined, name: string): number | undefined {
  const text = item?.[name]?.N
  return text === undefined ? undefined : Number(text)
}

/** A number that this driver itself wrote: without it the item is not ours. */
export function requireNumber(item: Item, name: string): number {
  const value = numberOf(item, name)
  if (value === undefined) throw new Error(`the item ${item.pk?.S} ${item.sk?.S} has no number '${name}'`)
  return value
}

export function textOf(item: Item | undefined, name: string): string | undefined {
  return item?.[name]?.S
}
