import type { Finding } from './attack.ts'
import type { FuzzResult, Part } from './run.ts'

export function describeResult({ attack, peaksMegabytes }: FuzzResult): string {
  const { inputs, answered, closed, calls } = attack
  const fewest = Math.min(...calls.values())
  return (
    `${inputs} inputs, ${answered} answers, ${closed} connections closed by the broker; ` +
    `${calls.size} calls, each at least ${fewest} times in its own shape; ` +
    `${peaksMegabytes.map(Math.round).join(', ')} MB at most in the quarters of it`
  )
}

/** With the command that sends the same bytes again, to new brokers. */
export function describeFinding({ lane, round, what }: Finding, seed: number, part: Part): string {
  return `${what}\n  again: npm run fuzz -- --seed ${seed} --part ${part} --lane ${lane} --round ${round}`
}
