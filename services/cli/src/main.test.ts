import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { planRestart } from './start/restart-policy.ts'

test.each([
  [[], 'a command is missing; freshet --help lists them'],
  [['dance'], 'there is no command dance; freshet --help lists them'],
  [['start', '--nonsense'], "Unknown option '--nonsense'; freshet start --help lists the flags"],
  [['start', 'now'], "Unexpected argument 'now'"],
  [['start', '--port', '70000'], '--port 70000 is no port; it must be a number from 1 to 65535'],
  [['start', '--port', '9e3'], '--port 9e3 is no port'],
  [['start', '--port'], "Option '--port <value>' argument missing"],
  [['start', '--data='], '--data is empty'],
])('freshet %j: one line and exit code 2', (args, message) => {
  const { status, stderr, stdout } = freshet(args)
  expect(stderr).toContain(`freshet: ${message}`)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stdout).toBe('')
  expect(status).toBe(2)
})

test.each([
  [['--help'], 'Usage: freshet COMMAND'],
  [['start', '--help'], '--no-quickstart'],
])('freshet %j explains itself', (args, text) => {
  const { status, stdout } = freshet(args)
  expect(stdout).toContain(text)
  expect(status).toBe(0)
})

test('what dies is started at once, then within a second, and slowly after ten deaths in a minute', () => {
  let deathsMs: readonly number[] = []
  const delays: number[] = []
  for (let death = 0; death < 12; death++) {
    const plan = planRestart(deathsMs, 1_000 + death)
    deathsMs = plan.deathsMs
    delays.push(plan.delayMs)
  }
  expect(delays).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 800, 10_000, 10_000])
  expect(planRestart(deathsMs, 1_011 + 60_000)).toEqual({ deathsMs: [61_011], delayMs: 0, isFlapping: false })
})

function freshet(args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' })
}
