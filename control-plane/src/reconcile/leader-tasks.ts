import { errorText, type Logger } from '../log.ts'

/** What a control plane does again and again; most of it only one of a service, that with the reconciler's lease. */
export interface LeaderTask {
  readonly name: string
  readonly everyMs: number
  /** Runs on the others too. */
  readonly everywhere?: true
  /** Ends soon when the signal fires. What it throws is logged; it runs again at its next turn. */
  run(signal: AbortSignal): Promise<void>
}

/** Resolves once `stop` has fired and no task is under way. */
export async function runLeaderTasks(
  tasks: readonly LeaderTask[],
  options: { readonly leads: () => boolean; readonly log: Logger; readonly stop: AbortSignal },
): Promise<void> {
  await Promise.all(tasks.map((task) => runTask(task, options)))
}

async function runTask(
  task: LeaderTask,
  { leads, log, stop }: Parameters<typeof runLeaderTasks>[1],
): Promise<void> {
  while (!stop.aborted) {
    try {
      if (task.everywhere || leads()) await task.run(stop)
    } catch (error) {
      if (!stop.aborted) log.error('leader task', { task: task.name, error: errorText(error) })
    }
    await pause(task.everyMs, stop)
  }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  if (stop.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer)
      stop.removeEventListener('abort', finish)
      resolve()
    }
    const timer = setTimeout(finish, ms)
    stop.addEventListener('abort', finish)
  })
}
