import { parentPort, workerData } from 'node:worker_threads'
import { pacedProduceLoad } from '../load/raw-load.ts'
import { quantile } from './case.ts'
import type { SteadyProducer } from './steady-producer.ts'

const { routes, load, span }: SteadyProducer = workerData
const { latenciesMs } = await pacedProduceLoad(routes, load, { ...span, onMeasure: () => {} })
parentPort?.postMessage(quantile(latenciesMs, 0.99))
