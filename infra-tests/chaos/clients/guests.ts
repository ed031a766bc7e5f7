/** Clients that nobody here wrote, as guests of a run: kcat, kafkajs, and Apache Kafka's verifiable clients. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChaosRun, Guest } from '../run.ts'
import { produceWithKafkaJs } from './kafkajs.ts'
import { produceWithKcat, readWithKcat } from './kcat.ts'
import { PARTITIONS } from './load.ts'
import {
  type RunningTool,
  startVerifiableConsumer,
  startVerifiableProducer,
  VERIFIABLE_TOPIC,
} from './verifiable.ts'

export function kcatGuest(): Guest {
  return {
    ...untilOver(({ cluster, history }, isOver) => produceWithKcat(cluster.bootstrapText, history, isOver)),
    async readAll({ cluster, history }) {
      for (let partition = 0; partition < PARTITIONS; partition++)
        await readWithKcat(cluster.bootstrapText, history, partition)
    },
  }
}

export function kafkaJsGuest(): Guest {
  return untilOver(({ cluster, history }, isOver) =>
    produceWithKafkaJs(cluster.bootstrapText.split(','), history, isOver),
  )
}

export function verifiableGuest(): Guest {
  const folder = mkdtempSync(join(tmpdir(), 'freshet-chaos-java-'))
  let producer: RunningTool | undefined
  let consumer: RunningTool | undefined
  return {
    topics: new Map([[VERIFIABLE_TOPIC, 1]]),
    async start({ cluster, history }) {
      producer = startVerifiableProducer(cluster.bootstrapText, history, folder)
      consumer = startVerifiableConsumer(cluster.bootstrapText, history)
      await producer.hasBegun
    },
    async finish() {
      await producer?.stop()
      await consumer?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A producer that goes on until the faults are over. */
function untilOver(
  produce: (run: ChaosRun, isOver: () => boolean) => Promise<void>,
): Pick<Guest, 'start' | 'finish'> {
  let isOver = false
  let producing: Promise<void> = Promise.resolve()
  return {
    async start(run) {
      producing = produce(run, () => isOver)
      // Whoever waits for it hears of its failure.
      producing.catch(() => {})
    },
    async finish() {
      isOver = true
      await producing
    },
  }
}
