/** What was measured of a deployment: there is nothing of Apache Kafka's to compare it with. */
import type { Goal } from '../../benchmark/goals.ts'
import { number } from '../../benchmark/report.ts'

export interface Figure {
  readonly work: string
  readonly measure: string
  readonly value: string
  readonly target: string
  readonly verdict: string
}

export function figure(work: string, measure: string, value: number, goal: Goal): Figure {
  const isMet = goal.isMet(value, undefined)
  const verdict = isMet === undefined ? '' : isMet ? 'met' : 'missed'
  return { work, measure, value: number(value), target: goal.text, verdict }
}

export function printFigures(figures: readonly Figure[]): void {
  for (const { work, measure, value, target, verdict } of figures)
    console.log(`${work.padEnd(84)}${measure.padEnd(32)}${value.padStart(8)}  ${target} ${verdict}`)
}

export function tableOf(figures: readonly Figure[]): string[] {
  return [
    '| work | measure | measured | target | |',
    '|---|---|---|---|---|',
    ...figures.map(
      ({ work, measure, value, target, verdict }) =>
        `| ${work} | ${measure} | ${value} | ${target} | ${verdict} |`,
    ),
  ]
}
