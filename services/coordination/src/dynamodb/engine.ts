/**
 * The calls to one DynamoDB table: consistent reads, conditional writes, transactions. Conflicts between
 * transactions are tried again here; whatever else the SDK could not get through is UNAVAILABLE.
 */
import { randomUUID } from 'node:crypto'
import {
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { CoordinationError } from '../errors.ts'
import { closed } from '../failures.ts'
import { type Item, type Key, keyOf } from './table.ts'

const ATTEMPTS_MAX = 8
const RETRY_BASE_MS = 10
const BATCH_ITEMS = 25

export interface EngineOptions {
  readonly client: DynamoDBClient
  readonly tableName: string
}

export class Engine {
  readonly #client: DynamoDBClient
  readonly #tableName: string
  #isOpen = true

  constructor(options: EngineOptions) {
    this.#client = options.client
    this.#tableName = options.tableName
  }

  async get(key: Key): Promise<Item | undefined> {
    const answer = await this.#call('GetItem', () =>
      this.#client.send(new GetItemCommand({ TableName: this.#tableName, Key: key, ConsistentRead: true })),
    )
    return answer.Item
  }

  /** One page in the order of the sort key; continue with `next`. */
  async query(
    input: Omit<QueryCommandInput, 'TableName'>,
    next?: Item,
  ): Promise<{ items: Item[]; next: Item | undefined }> {
    const answer = await this.#call('Query', () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#tableName,
          ...input,
          ConsistentRead: true,
          ExclusiveStartKey: next,
        }),
      ),
    )
    return { items: answer.Items ?? [], next: answer.LastEvaluatedKey }
  }

  /** Without a condition; the item's sender is its only writer. */
  async put(item: Item): Promise<void> {
    await this.#call('PutItem', () =>
      this.#client.send(new PutItemCommand({ TableName: this.#tableName, Item: item })),
    )
  }

  /**
   * A conditional update. Each carries an id of its own, because a call whose answer was lost is sent again by the
   * SDK and then finds its own first write: that counts as done.
   */
  async update(
    key: Key,
    change: { set: Record<string, string>; remove?: string; condition: string; values: Item },
  ): Promise<{ done: true; item: Item } | { done: false; item: Item | undefined }> {
    const writeId = randomUUID()
    const assignments = Object.entries({ ...change.set, writeId: ':writeId' })
    const input: Omit<UpdateItemCommandInput, 'TableName'> = {
      Key: key,
      UpdateExpression:
        `SET ${assignments.map(([name, value]) => `${name} = ${value}`).join(', ')}` +
        (change.remove === undefined ? '' : ` REMOVE ${change.remove}`),
      ConditionExpression: change.condition,
      ExpressionAttributeValues: { ...change.values, ':writeId': { S: writeId } },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    }
    try {
      const answer = await this.#call('UpdateItem', () =>
        this.#client.send(new UpdateItemCommand({ TableName: this.#tableName, ...input })),
      )
      return { done: true, item: answer.Attributes ?? {} }
    } catch (error) {
      const refusal = causeOf(error)
      if (!(refusal instanceof ConditionalCheckFailedException)) throw error
      if (refusal.Item?.writeId?.S === writeId) return { done: true, item: refusal.Item }
      return { done: false, item: refusal.Item }
    }
  }

  /** Deletes an item, at a revision if one is given (0: it must not exist), and returns what it was. */
  async delete(key: Key, ifRevision?: number): Promise<{ done: boolean; item: Item | undefined }> {
    const condition =
      ifRevision === undefined
        ? {}
        : ifRevision === 0
          ? { ConditionExpression: 'attribute_not_exists(pk)' }
          : {
              ConditionExpression: 'revision = :seen',
              ExpressionAttributeValues: { ':seen': { N: String(ifRevision) } },
            }
    try {
      const answer = await this.#call('DeleteItem', () =>
        this.#client.send(
          new DeleteItemCommand({
            TableName: this.#tableName,
            ...condition,
            Key: key,
            ReturnValues: 'ALL_OLD',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        ),
      )
      return { done: true, item: answer.Attributes }
    } catch (error) {
      const refusal = causeOf(error)
      if (!(refusal instanceof ConditionalCheckFailedException)) throw error
      return { done: false, item: refusal.Item }
    }
  }

  /** All or nothing. Undefined if done; else the index of the action whose condition failed, and what it found. */
  async transact(
    actions: TransactWriteItem[],
  ): Promise<{ failed: number; item: Item | undefined } | undefined> {
    try {
      await this.#call('TransactWriteItems', () =>
        this.#client.send(
          new TransactWriteItemsCommand({
            TransactItems: actions,
            ClientRequestToken: randomUUID(),
          }),
        ),
      )
      return undefined
    } catch (error) {
      const refusal = causeOf(error)
      if (!(refusal instanceof TransactionCanceledException)) throw error
      const reasons = refusal.CancellationReasons ?? []
      const failed = reasons.findIndex(({ Code }) => Code === 'ConditionalCheckFailed')
      if (failed < 0) throw error
      return { failed, item: reasons[failed]?.Item }
    }
  }

  /** Deletes items that nobody reads any more. */
  async deleteAll(partition: string, sortKeys: readonly string[]): Promise<void> {
    for (let from = 0; from < sortKeys.length; from += BATCH_ITEMS) {
      let requests = sortKeys
        .slice(from, from + BATCH_ITEMS)
        .map((sort) => ({ DeleteRequest: { Key: keyOf(partition, sort) } }))
      for (let attempt = 1; requests.length > 0; attempt++) {
        if (attempt > ATTEMPTS_MAX) throw new CoordinationError('UNAVAILABLE', 'DynamoDB defers our deletes')
        if (attempt > 1) await pause(attempt)
        const answer = await this.#call('BatchWriteItem', () =>
          this.#client.send(
            new BatchWriteItemCommand({
              RequestItems: { [this.#tableName]: requests },
            }),
          ),
        )
        requests = (answer.UnprocessedItems?.[this.#tableName] ?? []) as typeof requests
      }
    }
  }

  get tableName(): string {
    return this.#tableName
  }

  close(): void {
    this.#isOpen = false
    this.#client.destroy()
  }

  async #call<T>(operation: string, send: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      if (!this.#isOpen) throw closed()
      try {
        return await send()
      } catch (error) {
        if (attempt >= ATTEMPTS_MAX || !isConflict(error)) throw unavailable(operation, error)
      }
      await pause(attempt)
    }
  }
}

/** Another transaction had one of our items in hand: nothing was written. */
function isConflict(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof TransactionCanceledException) {
    const codes = (error.CancellationReasons ?? []).map(({ Code }) => Code)
    return !codes.includes('ConditionalCheckFailed') && codes.some((code) => RETRIED.has(code ?? ''))
  }
  return error.name === 'TransactionConflictException'
}

const RETRIED = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'])

function pause(attempt: number): Promise<void> {
  const mostMs = RETRY_BASE_MS * 2 ** Math.min(attempt, 6)
  return new Promise((resolve) => setTimeout(resolve, mostMs * (0.5 + Math.random() / 2)))
}

function unavailable(operation: string, error: unknown): CoordinationError {
  const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return new CoordinationError('UNAVAILABLE', `DynamoDB ${operation} failed: ${reason}`, error)
}

function causeOf(error: unknown): unknown {
  return error instanceof CoordinationError ? error.cause : error
}
