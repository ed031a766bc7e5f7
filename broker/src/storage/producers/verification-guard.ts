/** Stands for one question to a transaction's coordinator; only its identity counts. */
export interface VerificationGuard {
  readonly producerId: number
}
