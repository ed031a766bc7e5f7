/** Gathers records until there is a batch of them or the first has waited long enough, and sends batch after batch. */
import { compatibilityPartitioner, Producer } from '@platformatic/kafka'
import type { ClientConfig } from '../client/client-config.ts'
import { asJavaException } from '../client/cluster.ts'
import type { LineRecord } from './line-reader.ts'
import type { ProducerSettings } from './producer-options.ts'

const RETRY_BACKOFF_MAX_MS = 1_000
const PARTITION_MAX = 2 ** 31

type Bytes = Buffer | undefined

export class BatchSender {
  private readonly settings: ProducerSettings
  private readonly config: ClientConfig
  /** Hears of records that could not be sent. */
  private readonly onFailure: (records: readonly LineRecord[], error: unknown) => void
  private producer: Producer<Bytes, Bytes, Bytes, Bytes> | undefined
  private gathered: LineRecord[] = []
  private gatheredBytes = 0
  private timer: NodeJS.Timeout | undefined
  /** The batches that are under way, one after the other; never rejects. */
  private sending: Promise<void> = Promise.resolve()
  private sendingBytes = 0

  constructor(
    settings: ProducerSettings,
    config: ClientConfig,
    onFailure: (records: readonly LineRecord[], error: unknown) => void,
  ) {
    this.settings = settings
    this.config = config
    this.onFailure = onFailure
  }

  /** Resolves when there is room for another record. */
  async add(record: LineRecord): Promise<void> {
    this.gathered.push(record)
    this.gatheredBytes += sizeOf(record)
    if (this.gatheredBytes >= this.settings.batchBytes) this.flush()
    else this.timer ??= setTimeout(() => this.flush(), this.settings.lingerMs)
    if (this.gatheredBytes + this.sendingBytes > this.settings.bufferBytes) await this.sending
  }

  /** Sends one record and fails if that fails. */
  async sendNow(record: LineRecord): Promise<void> {
    await this.send([record])
  }

  /** Everything has been sent, or reported, and the connections are closed. */
  async close(): Promise<void> {
    this.flush()
    await this.sending
    await this.closeProducer()
  }

  private flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.gathered.length === 0) return
    const records = this.gathered
    const bytes = this.gatheredBytes
    this.gathered = []
    this.gatheredBytes = 0
    this.sendingBytes += bytes
    this.sending = this.sending.then(async () => {
      try {
        await this.send(records)
      } catch (error) {
        this.onFailure(records, error)
      }
      this.sendingBytes -= bytes
    })
  }

  private async send(records: readonly LineRecord[]): Promise<void> {
    const { topic } = this.settings
    const sticky = Math.floor(Math.random() * PARTITION_MAX)
    this.producer ??= this.open()
    try {
      await this.producer.send({
        messages: records.map(({ key, value, headers }) => ({
          topic,
          ...(key === null ? {} : { key }),
          ...(value === null ? {} : { value }),
          headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes ?? undefined])),
        })),
        // As Kafka's: by the hash of the key; records without one stay together.
        partitioner: (message, key) => (key === undefined ? sticky : compatibilityPartitioner(message, key)),
      })
    } catch (error) {
      // Sequence numbers were given to what never arrived: another producer starts afresh.
      await this.closeProducer()
      throw asJavaException(error)
    }
  }

  private open(): Producer<Bytes, Bytes, Bytes, Bytes> {
    const { settings, config } = this
    return new Producer<Bytes, Bytes, Bytes, Bytes>({
      clientId: config.clientId,
      bootstrapBrokers: [...config.brokers],
      ...config.connection,
      acks: settings.acks,
      compression: settings.compression,
      idempotent: settings.isIdempotent,
      autocreateTopics: true,
      timeout: settings.requestTimeoutMs,
      retries: settings.retries,
      retryDelay: (_client, _operation, attempt) =>
        Math.min(settings.retryBackoffMs * 2 ** (attempt - 1), RETRY_BACKOFF_MAX_MS),
      metadataMaxAge: settings.metadataMaxAgeMs,
    })
  }

  private async closeProducer(): Promise<void> {
    await this.producer?.close(true)
    this.producer = undefined
  }
}

function sizeOf({ key, value, headers }: LineRecord): number {
  const headerBytes = headers.reduce((sum, [name, bytes]) => sum + name.length + (bytes?.length ?? 0), 0)
  return (key?.length ?? 0) + (value?.length ?? 0) + headerBytes
}
