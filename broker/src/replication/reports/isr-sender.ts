/**
 * Sends what the leaders here propose about their ISRs to the controller (AlterPartition, KIP-497): everything of one
 * turn in one request, one request at a time, again and again until each proposal is decided or overtaken.
 */
import { LeaderRecoveryState } from '../../cluster/index.ts'
import type { Timers } from '../../runtime/types.ts'
import type { Logger } from '../../telemetry/logger.ts'
import { ErrorCode, errorName } from '../../wire/index.ts'
import { backoffMs } from '../backoff.ts'
import type { IsrDecision, IsrProposal } from '../leader/leader-state.ts'
import type { Partition } from '../partition/partition.ts'

export interface AlterPartitionBody {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly leaderEpoch: number
      readonly newIsrWithEpochs: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
      readonly leaderRecoveryState: number
      readonly partitionEpoch: number
    }[]
  }[]
}

export interface AlterPartitionAnswer {
  readonly errorCode: number
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly (IsrDecision & { readonly partitionIndex: number })[]
  }[]
}

export interface IsrSenderParts {
  readonly timers: Timers
  readonly logger: Logger
  /** Rejects if the controller cannot be reached. */
  readonly alterPartition: (body: AlterPartitionBody) => Promise<AlterPartitionAnswer>
  /** The controller has agreed: an ISR has so many replicas more, or fewer. */
  readonly onIsrChanged: (growth: number) => void
}

const BACKOFF_MS_MAX = 500

export class IsrSender {
  readonly #parts: IsrSenderParts
  readonly #proposals = new Map<Partition, IsrProposal>()
  #isBusy = false
  #isStopped = false
  #failures = 0

  constructor(parts: IsrSenderParts) {
    this.#parts = parts
  }

  /** A partition's newer proposal takes the place of the one before. */
  submit(partition: Partition, proposal: IsrProposal): void {
    this.#proposals.set(partition, proposal)
    if (this.#isBusy) return
    this.#isBusy = true
    this.#parts.timers.endOfTurn(() => this.#sendAll())
  }

  stop(): void {
    this.#isStopped = true
    this.#proposals.clear()
  }

  async #sendAll(): Promise<void> {
    while (this.#proposals.size > 0 && !this.#isStopped) {
      const sent = new Map(this.#proposals)
      this.#proposals.clear()
      const isDone = await this.#send(sent)
      if (isDone) this.#failures = 0
      else await this.#sleep(backoffMs(this.#failures++, BACKOFF_MS_MAX))
    }
    this.#isBusy = false
  }

  /** Returns false if something is to be tried again. */
  async #send(sent: ReadonlyMap<Partition, IsrProposal>): Promise<boolean> {
    const { alterPartition, logger, onIsrChanged } = this.#parts
    const sizesBefore = new Map(
      [...sent.keys()].map((partition) => [partition, partition.leader?.isr.length]),
    )
    let answer: AlterPartitionAnswer
    try {
      answer = await alterPartition(bodyOf(sent))
    } catch (error) {
      logger.debug('the controller could not be asked to change an ISR', { error })
      for (const [partition, proposal] of sent) this.#retry(partition, proposal)
      return false
    }
    if (answer.errorCode !== ErrorCode.NONE)
      logger.debug('the controller changes no ISR', { error: errorName(answer.errorCode) })
    let isDone = true
    for (const [partition, proposal] of sent) {
      const decision = answer.errorCode === ErrorCode.NONE ? decisionFor(answer, partition) : undefined
      const outcome = decision === undefined ? 'retry' : partition.isrDecided(proposal, decision)
      if (decision?.errorCode === ErrorCode.NONE)
        onIsrChanged(decision.isr.length - (sizesBefore.get(partition) ?? 0))
      if (outcome !== 'retry') continue
      isDone = false
      this.#retry(partition, proposal)
    }
    return isDone
  }

  /** Unless it was overtaken by newer metadata, or by a proposal made since. */
  #retry(partition: Partition, proposal: IsrProposal): void {
    if (partition.leader?.proposal === proposal) this.#proposals.set(partition, proposal)
  }

  #sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.timers.after(delayMs, resolve)
    })
  }
}

function bodyOf(proposals: ReadonlyMap<Partition, IsrProposal>): AlterPartitionBody {
  const topics = new Map<string, AlterPartitionBody['topics'][number]['partitions'][number][]>()
  for (const [{ topicId, index }, { leaderEpoch, partitionEpoch, isr }] of proposals) {
    const partitions = topics.get(topicId) ?? []
    topics.set(topicId, partitions)
    partitions.push({
      partitionIndex: index,
      leaderEpoch,
      newIsrWithEpochs: isr,
      // A leader that proposes an ISR has all that there is.
      leaderRecoveryState: LeaderRecoveryState.RECOVERED,
      partitionEpoch,
    })
  }
  return { topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })) }
}

function decisionFor(answer: AlterPartitionAnswer, partition: Partition): IsrDecision | undefined {
  const topic = answer.topics.find(({ topicId }) => topicId === partition.topicId)
  return topic?.partitions.find(({ partitionIndex }) => partitionIndex === partition.index)
}
