export type CoordinationErrorCode =
  | 'FENCED'
  | 'LOG_CONFLICT'
  | 'LOG_TRUNCATED'
  | 'VERSION_CONFLICT'
  | 'INVALID_ARGUMENT'
  | 'UNAVAILABLE'

/** Every error that a driver throws on purpose; `code` says which. */
export class CoordinationError extends Error {
  readonly code: CoordinationErrorCode
  constructor(code: CoordinationErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CoordinationError'
    this.code = code
  }
}
