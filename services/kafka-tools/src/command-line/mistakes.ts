/** Reasons for a tool to end with an exit code other than 0. */

/** The command line itself cannot be understood; jopt-simple's OptionException. */
export class OptionMistake extends Error {
  override readonly name = 'OptionMistake'
  /** jopt-simple's. */
  readonly className: string

  constructor(exception: string, message: string) {
    super(message)
    this.className = `joptsimple.${exception}Exception`
  }
}

/** The options do not fit together: the tool says so, lists its options, and does nothing. */
export class UsageMistake extends Error {
  override readonly name = 'UsageMistake'
}

/** The tool has said all there is to say. */
export class Exit extends Error {
  override readonly name = 'Exit'
  readonly exitCode: number

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`)
    this.exitCode = exitCode
  }
}
