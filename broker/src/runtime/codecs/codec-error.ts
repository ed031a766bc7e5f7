/** Compressed bytes that no client may send: malformed, or far more than they should come to. */
export class CodecError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CodecError'
  }
}
