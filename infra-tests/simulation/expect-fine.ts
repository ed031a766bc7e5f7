import { expect } from 'vitest'
import { replayCommand } from './replay-command.ts'
import { type SimulationOptions, simulate } from './simulation.ts'

/** So many seeds, from the one at `first` on, of which nothing is to be said. */
export async function expectFine(
  options: Omit<SimulationOptions, 'seed'>,
  first: number,
  count: number,
): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const { verdicts } = await simulate({ ...options, seed })
    expect(verdicts, replayCommand({ ...options, seed })).toEqual([])
  }
}
