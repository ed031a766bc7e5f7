import { ErrorCode, KafkaError } from '../wire/index.ts'

const WANT_OF_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'ENOMEM'])

/** The disk failed below a partition: Kafka's KAFKA_STORAGE_ERROR, with what the system said. */
export class StorageError extends KafkaError {
  /** Node's name of the failure: ENOSPC, EIO, ... */
  readonly systemCode: string

  constructor(action: string, cause: unknown) {
    super(ErrorCode.KAFKA_STORAGE_ERROR, `${action}: ${messageOf(cause)}`)
    this.name = 'StorageError'
    this.systemCode = systemCodeOf(cause)
    this.cause = cause
  }

  /** Room, files or memory were wanting: what was written before is as good as ever. */
  get isForWantOfRoom(): boolean {
    return WANT_OF_ROOM.has(this.systemCode)
  }
}

export interface RecordError {
  readonly batchIndex: number
  readonly message: string
}

/** Single records of a batch are at fault; Produce v8 and later names them to the client. */
export class RecordValidationError extends KafkaError {
  readonly recordErrors: readonly RecordError[]

  constructor(code: number, message: string, recordErrors: readonly RecordError[]) {
    super(code, message)
    this.name = 'RecordValidationError'
    this.recordErrors = recordErrors
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

function systemCodeOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? code : 'EIO'
}
