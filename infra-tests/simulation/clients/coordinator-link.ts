/** A client's way to the coordinator of its group, which it looks for when it does not know it, or no more. */
import { type Api, type DraftFields, ErrorCode, type Fields, type InferFields } from '@freshet/broker/wire'
import { FindCoordinatorApi } from '../broker-code.ts'
import { type ClusterClient, ifNoAnswer } from './cluster-client.ts'

const FIND_COORDINATOR_VERSION = 3
const GROUP_KEY = 0
const MOVED = new Set<number>([
  ErrorCode.NOT_COORDINATOR,
  ErrorCode.COORDINATOR_NOT_AVAILABLE,
  ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
])

export class CoordinatorLink {
  readonly #client: ClusterClient
  readonly #group: string
  #coordinatorId = -1

  constructor(client: ClusterClient, group: string) {
    this.#client = client
    this.#group = group
  }

  /** Undefined without an answer: then the coordinator is looked for anew. */
  async ask<Request extends Fields, Response extends Fields>(
    api: Api<Request, Response>,
    version: number,
    body: DraftFields<Request>,
    timeoutMs?: number,
  ): Promise<InferFields<Response> | undefined> {
    if (this.#coordinatorId < 0 && !(await this.#find())) return undefined
    const request = this.#client.request(this.#coordinatorId, api, version, body, timeoutMs)
    const answer = await request.catch(ifNoAnswer)
    if (answer === undefined) this.#coordinatorId = -1
    return answer
  }

  /** What an answer said, which may be that the coordinator is elsewhere. */
  isFine(errorCode: number): boolean {
    if (MOVED.has(errorCode)) this.#coordinatorId = -1
    return errorCode === ErrorCode.NONE
  }

  async #find(): Promise<boolean> {
    const body = { key: this.#group, keyType: GROUP_KEY, coordinatorKeys: [] }
    const answer = await this.#client
      .requestAny(FindCoordinatorApi, FIND_COORDINATOR_VERSION, body)
      .catch(ifNoAnswer)
    if (answer?.errorCode !== ErrorCode.NONE) return false
    this.#client.meet(answer.nodeId, answer)
    this.#coordinatorId = answer.nodeId
    return true
  }
}
