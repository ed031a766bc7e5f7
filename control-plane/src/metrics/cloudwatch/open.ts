import { setTimeout as delay } from 'node:timers/promises'
import { CloudWatchClient, PutMetricDataCommand } from '@aws-sdk/client-cloudwatch'
import type { Logger } from '../../log.ts'
import { CloudWatchSender } from './sender.ts'

/** Sends to CloudWatch with the SDK's usual credentials, region and endpoint; loaded only where it is asked for. */
export function openCloudWatch(options: {
  namespace: string
  region: string
  log: Logger
}): CloudWatchSender {
  const { namespace: Namespace, region, log } = options
  // The sender tries again by itself, and knows when its process ends.
  const client = new CloudWatchClient({ region, maxAttempts: 1 })
  return new CloudWatchSender({
    async put(datums, signal) {
      const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)])
      await client.send(new PutMetricDataCommand({ Namespace, MetricData: [...datums] }), { abortSignal })
    },
    random: Math.random,
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    log,
  })
}

const REQUEST_TIMEOUT_MS = 20_000
