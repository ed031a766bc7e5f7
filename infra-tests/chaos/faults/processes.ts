/** Faults of processes: death without a word, standing still, and a restart in good order. */
import { sleep } from '../../support/wait.ts'
import type { Machine } from '../cluster/machine.ts'
import type { Fault, FaultContext } from './fault.ts'

export const killLeader: Fault = {
  name: 'kill-leader',
  strike: (context) => kill(context, 'leader', leaderIn(context)),
}

export const killController: Fault = {
  name: 'kill-controller',
  strike: (context) => kill(context, 'controller', controllerIn(context)),
}

export const killAny: Fault = {
  name: 'kill-any',
  strike: (context) =>
    kill(context, 'broker', Promise.resolve(context.random.pick(context.cluster.machines))),
}

export const killAll: Fault = {
  name: 'kill-all',
  async strike({ cluster, random, tell }) {
    tell('kills all brokers')
    for (const machine of cluster.machines) {
      machine.kill()
      await sleep(random.below(30))
    }
    await cluster.awaitMembers()
  },
}

export const pauseLeader: Fault = {
  name: 'pause-leader',
  strike: (context) => pause(context, 'leader', leaderIn(context)),
}

export const pauseController: Fault = {
  name: 'pause-controller',
  strike: (context) => pause(context, 'controller', controllerIn(context)),
}

/** Whatever the leader wrote while nobody followed must not have been acknowledged. */
export const killLeaderAlone: Fault = {
  name: 'kill-leader-alone',
  async strike(context) {
    const { cluster, acknowledged, tell } = context
    const leader = await leaderIn(context)
    if (leader === undefined) return
    const followers = cluster.machines.filter((machine) => machine !== leader)
    tell(`pauses the followers of broker ${leader.id}, then kills it`)
    for (const follower of followers) follower.pause()
    // A broker that does right acknowledges nothing now; one that does not may be slow.
    const before = acknowledged()
    const untilMs = performance.now() + ALONE_MS
    while (acknowledged() < before + TELLING && performance.now() < untilMs) await sleep(10)
    leader.kill()
    for (const follower of followers) follower.resume()
    await cluster.awaitMembers()
  },
}

/** Shorter than the leases of those who stand still. */
const ALONE_MS = 1_000
/** More than was on its way when the followers were paused. */
const TELLING = 50

export const rollingRestart: Fault = {
  name: 'rolling-restart',
  async strike({ cluster, topic, tell }) {
    for (const machine of cluster.machines) {
      tell(`restarts broker ${machine.id}`)
      await machine.restart()
      await cluster.awaitWhole(topic)
    }
  },
}

async function kill(
  { cluster, tell }: FaultContext,
  role: string,
  found: Promise<Machine | undefined>,
): Promise<void> {
  const victim = await found
  if (victim === undefined) return
  tell(`kills the ${role}, broker ${victim.id}`)
  victim.kill()
  await sleep(50)
  await cluster.awaitMembers()
}

async function pause(
  { cluster, random, tell }: FaultContext,
  role: string,
  found: Promise<Machine | undefined>,
): Promise<void> {
  const victim = await found
  if (victim === undefined) return
  // Shorter or longer than leases and sessions: both have to go well.
  const durationMs = random.pick([500, 2_000, 5_000])
  tell(`pauses the ${role}, broker ${victim.id}, for ${durationMs} ms`)
  victim.pause()
  await sleep(durationMs)
  victim.resume()
  await cluster.awaitMembers()
}

function leaderIn({ cluster, topic, random }: FaultContext): Promise<Machine | undefined> {
  return cluster.leader(topic, random)
}

function controllerIn({ cluster }: FaultContext): Promise<Machine | undefined> {
  return cluster.controller()
}
