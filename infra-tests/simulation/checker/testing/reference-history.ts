/** The history of a seeded run of the reference cluster: chaos, healing, final reading. */
import type { History } from '../history.ts'
import { Members, Processor, Producer, type ReferenceClient, Wanderer } from './reference-clients.ts'
import { ReferenceCluster } from './reference-cluster.ts'
import type { ReferenceLog } from './reference-log.ts'

export function referenceHistory(seed: number, turns: number): History {
  const cluster = new ReferenceCluster(seed)
  const clients: ReferenceClient[] = [
    new Producer(cluster, 'idempotent', true),
    new Producer(cluster, 'another', true),
    new Producer(cluster, 'simple', false),
    new Processor(cluster, 'processor', 'plain-0'),
    new Processor(cluster, 'mover', 'orders-0'),
    new Members(cluster, ['m0', 'm1', 'm2']),
    new Wanderer(cluster, 'wanderer', 'orders-1'),
  ]
  for (let turn = 0; turn < turns; turn++) {
    if (cluster.random.chance(0.5)) cluster.random.pick(clients).turn()
    else cluster.step()
    if (cluster.random.chance(0.01)) cluster.log('compacted-0').compact()
    if (cluster.random.chance(0.01)) cluster.log('trimmed-0').trim(cluster.random.below(turns))
  }
  cluster.calm = true
  cluster.settle()
  cluster.recorder.notice('run', { name: 'heal' })
  for (const client of clients) client.proveLife()
  cluster.settle()
  for (const log of cluster.logs) drain(cluster, log)
  return cluster.recorder.history
}

function drain(cluster: ReferenceCluster, log: ReferenceLog): void {
  const { logStartOffset, highWatermark } = log
  cluster.recorder.notice('final', { name: 'seek', partition: log.name, offset: logStartOffset })
  let position = logStartOffset
  while (true) {
    const records = log.read(position, true, 20)
    cluster.now('final', { name: 'poll', readCommitted: true }, { records: { [log.name]: records } })
    const last = records.at(-1)
    if (!last) break
    position = last[0] + 1
  }
  cluster.now('admin', { name: 'listOffsets', partition: log.name }, { watermarks: log.watermarks })
  cluster.recorder.notice('final', { name: 'drained', partition: log.name, endOffset: highWatermark })
}
