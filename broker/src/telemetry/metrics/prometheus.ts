/**
 * Metrics as text for Prometheus, in the spelling of the JMX exporter without rules, which is that of Amazon MSK's open
 * monitoring: the MBean `kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec,topic=t` with its attribute `Count`
 * is `kafka_server_BrokerTopicMetrics_Count{name="BytesInPerSec",topic="t",}`.
 */
import type { Sample } from './registry.ts'

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** A sample whose name and labels are text already. */
export interface Series {
  readonly name: string
  readonly labels: string
  readonly value: number
}

export class PrometheusText {
  readonly #families = new Map<string, string[]>()

  add(sample: Sample): void {
    this.addSeries({ name: sampleName(sample), labels: labelsText(sample.keys), value: sample.value })
  }

  addSeries({ name, labels, value }: Series): void {
    const line = `${name}${labels} ${number(value)}`
    const family = this.#families.get(name)
    if (family === undefined) this.#families.set(name, [line])
    else family.push(line)
  }

  toString(): string {
    const lines: string[] = []
    for (const [name, family] of this.#families) lines.push(`# TYPE ${name} untyped`, ...family)
    return `${lines.join('\n')}\n`
  }
}

/** A name with what Prometheus allows in names. */
export function seriesName(name: string): string {
  return name.replace(/[^a-zA-Z0-9_:]/g, '_').replace(/^(\d)/, '_$1')
}

export function labelsText(keys: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(keys).map(
    ([key, value]) => `${key.replace(/[^a-zA-Z0-9_]/g, '_')}="${escaped(value)}"`,
  )
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function sampleName({ domain, type, attribute }: Sample): string {
  const parts = [domain, type, attribute].filter((part) => part !== '')
  return seriesName(parts.join('_'))
}

function escaped(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}

function number(value: number): string {
  if (value === Infinity) return '+Inf'
  return value === -Infinity ? '-Inf' : String(value)
}
