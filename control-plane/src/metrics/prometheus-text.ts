/** Reads Prometheus text, as far as it is wanted: a broker with many partitions tells much more than is used here. */

export interface Sample {
  readonly family: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Lines that are no samples are passed over: a comment, or a form that this reader does not know. */
export function* parsePrometheusText(text: string, wanted: ReadonlySet<string>): Generator<Sample> {
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from)
    const end = newline < 0 ? text.length : newline
    const line = text.slice(from, end)
    from = end + 1
    const family = line.slice(0, familyLength(line))
    if (!wanted.has(family)) continue
    const sample = parseLine(family, line.slice(family.length))
    if (sample !== undefined) yield sample
  }
}

function familyLength(line: string): number {
  const brace = line.indexOf('{')
  return brace < 0 ? Math.max(0, line.indexOf(' ')) : brace
}

function parseLine(family: string, rest: string): Sample | undefined {
  const labelsEnd = rest.startsWith('{') ? rest.lastIndexOf('}') : -1
  const value = parseNumber(rest.slice(labelsEnd + 1).trim())
  if (value === undefined) return undefined
  const labels: Record<string, string> = {}
  for (const [, name = '', text = ''] of rest.slice(0, labelsEnd + 1).matchAll(LABEL)) {
    labels[name] = text.includes('\\') ? unescaped(text) : text
  }
  return { family, labels, value }
}

const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character))
}

/** What is not finite is no measurement. */
function parseNumber(text: string): number | undefined {
  const value = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}
