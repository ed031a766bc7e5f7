/** What two tools said, made comparable. */
import type { Outcome } from '../../support/programs.ts'
import type { RowOptions } from './commands.ts'

/** In commands: the name that is another one for each. */
export const NAME = '%'

/** What both must have in common: without what Java adds, and without what differs from run to run. */
export function comparable({ exitCode, stdout, stderr }: Outcome, name: string, options: RowOptions) {
  const [output, outputLog] = withoutLog(stdout)
  const [errors, errorLog] = withoutLog(stderr)
  const lines = (text: string) => {
    const all = withoutTraces(neutral(withoutUsage(text), name, options))
      .trimEnd()
      .split('\n')
    return options.unordered ? all.sort() : all
  }
  const logged = [...outputLog, ...errorLog].map((line) => neutral(line, name, options))
  return { exitCode, stdout: lines(output), stderr: lines(errors), logged }
}

function neutral(text: string, name: string, { anyBroker }: RowOptions): string {
  const named = text
    .replaceAll(name, NAME)
    .replace(/TopicId: [\w-]{22}/g, 'TopicId: …')
    .replace(/Configs: (\S*)/g, (_, list: string) => `Configs: ${list.split(',').sort().join(',')}`)
    // Lists that Kafka keeps in hash tables, some of which are in another order in each process.
    .replace(
      /(Valid states are: |following scenarios: |Quota configs .* are |takes one of these options: )(.*)/g,
      (_, title: string, list: string) => {
        const words = list.replace(/^\[\[/, '[').replace(/\]\]$/, ']').split(', ')
        return `${title}${words.sort().join(', ')}`
      },
    )
    .replace('[[bootstrap-server], [config]]', '[[config], [bootstrap-server]]')
    .replace(/^The consumer rebalance protocol \(KIP-848\) is production-ready!.*\n/gm, '')
  if (!anyBroker) return named
  return named
    .replace(/(Leader|Replicas|Isr): [\d,]+/g, (_, title: string) => `${title}: …`)
    .replace(/127\.0\.0\.1:\d+ {2}\(\d\)/g, '…')
}

/** Kafka's tools log through whatever logging their JVM has, to either stream; here that is a plain logger of errors. */
function withoutLog(text: string): [rest: string, logged: string[]] {
  const logged: string[] = []
  const note = (_: string, message: string) => {
    logged.push(message.trim())
    return ''
  }
  const rest = text
    // Of its own accord a client logs what the tool says anyway.
    .replace(/^\S+Z kafka-admin-client-thread \S+ \S+ ERROR .*\n(?:org\.apache\S+Exception: .*\n\n?)?/gm, '')
    .replace(/^\S+Z main ERROR (.*)\n(?:org\.apache\S+Exception: .*\n)?/gm, note)
    .replace(/^\[[\d :,-]+\] ERROR (.*)\n? \(org\.apache[\w.]+\)\n(?:org\.apache\S+Exception: .*\n)?/gm, note)
    .replace(/^\[[\d :,-]+\] WARN .*\n/gm, '')
  return [rest, logged]
}

function withoutUsage(text: string): string {
  return text.replace(/^Option +Description\s+^-+ +-+[\s\S]*/m, '')
}

/** The exception at the head of a stack trace counts only as its message, and not again below that. */
function withoutTraces(text: string): string {
  const heads = text
    .split('\n')
    .filter((line) => !/^\t(at |\.\.\. \d+ more)/.test(line) && !line.startsWith('Caused by: '))
    .map((line) => line.replace(/^(Exception in thread "main" )?[\w.$]+(Exception|Error): /, ''))
  return heads.filter((line, at) => line === '' || line !== heads[at - 1]).join('\n')
}
