/** `health host:port`: exit code 0 if a broker answers there. For health checks of containers. */
import { probe } from './probe.ts'

const [, host, port] = /^(.+):(\d+)$/.exec(process.argv[2] ?? '') ?? []
if (host === undefined) {
  console.error('usage: health host:port')
  process.exit(2)
}
process.exit((await probe(host, Number(port))) ? 0 : 1)
