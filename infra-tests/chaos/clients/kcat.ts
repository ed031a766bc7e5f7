/** kcat, that is librdkafka: an idempotent producer that runs again and again, and a reader at the end. */
import type { HistoryRecorder } from '../../simulation/checker/index.ts'
import { mustRun, runProgram } from '../../support/programs.ts'
import { TOPIC } from './load.ts'

const RECORDS_PER_RUN = 40
const TIMEOUT_MS = 60_000

/** Each run sends some records to one partition in turn, and ends with 0 only if all were acknowledged. */
export async function produceWithKcat(
  bootstrap: string,
  history: HistoryRecorder,
  isOver: () => boolean,
): Promise<void> {
  for (let run = 0; !isOver(); run++) {
    const partition = run % 3
    const values = Array.from({ length: RECORDS_PER_RUN }, (_, index) => `kcat:${run}:${index}`)
    // Each run is another producer, with an id of its own.
    const sends = values.map((value) =>
      history.invoke(`kcat-${run}`, {
        name: 'send',
        partition: `${TOPIC}-${partition}`,
        value,
        idempotent: true,
      }),
    )
    const settings = ['-X', 'enable.idempotence=true', '-X', 'acks=all', '-X', 'linger.ms=1']
    const args = ['-P', '-b', bootstrap, '-t', TOPIC, '-p', String(partition), ...settings]
    const { exitCode, output } = await runProgram('kcat', args, {
      input: `${values.join('\n')}\n`,
      timeoutMs: TIMEOUT_MS,
    })
    for (const op of sends) {
      if (exitCode === 0) history.ok(op)
      else history.info(op, output.slice(-200))
    }
  }
}

/** What kcat reads of a partition from its start up to its end. */
export async function readWithKcat(
  bootstrap: string,
  history: HistoryRecorder,
  partition: number,
): Promise<void> {
  const name = `kcat-reader-${partition}`
  history.notice(name, { name: 'seek', partition: `${TOPIC}-${partition}`, offset: 0 })
  const op = history.invoke(name, { name: 'poll', readCommitted: false })
  const args = ['-C', '-b', bootstrap, '-t', TOPIC, '-p', String(partition), '-o', 'beginning', '-e', '-q']
  const { stdout } = await mustRun('kcat', [...args, '-f', '%o %s\\n'], { timeoutMs: TIMEOUT_MS })
  const records = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => [Number(line.slice(0, line.indexOf(' '))), line.slice(line.indexOf(' ') + 1)] as const)
  history.ok(op, { records: { [`${TOPIC}-${partition}`]: records } })
}
