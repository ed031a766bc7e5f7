/** The options that a tool takes, as Kafka's tools declare theirs with jopt-simple. */

export interface OptionDeclaration {
  readonly description: string
  /** Words for the argument; without them the option takes none. */
  readonly argument?: string
  /** It may be left out, as in `--list --state`. */
  readonly argumentIsOptional?: boolean
  /** What the argument has to be; text otherwise. */
  readonly type?: 'int' | 'long'
  readonly default?: string
  /** One argument may be several values. */
  readonly separator?: string
  /** Makes sense only together with one of these. */
  readonly availableWith?: readonly string[]
}

export type OptionTable = Readonly<Record<string, OptionDeclaration>>

/** Every tool has these two. */
export const commonOptions = {
  help: { description: 'Prints this list of options.' },
  version: { description: "Prints the version of Kafka's tools that this one is modelled on." },
} satisfies OptionTable

/** As jopt-simple writes an option in a message. */
export function quoted(name: string): string {
  return `[${name}]`
}
