/**
 * For tests: a process that looks like a broker to the agent. It answers the probe on its port and stops on
 * SIGTERM. The property `fake` makes it misbehave: `crash` at start, or `stubborn` on SIGTERM.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'

const configFile = process.argv[process.argv.indexOf('--config') + 1]
if (configFile === undefined) throw new Error('--config is required')
const properties = new Map<string, string>()
for (const line of readFileSync(configFile, 'utf8').split('\n')) {
  const [key, value] = line.split('=')
  if (key !== undefined && value !== undefined) properties.set(key, value)
}

if (properties.get('fake') === 'crash') {
  process.stderr.write('cannot read the moon\n')
  process.exit(3)
}

process.on('SIGTERM', () => {
  process.stdout.write('SIGTERM\n')
  if (properties.get('fake') !== 'stubborn') process.exit(0)
})

const port = Number(/:(\d+)$/.exec(properties.get('listeners') ?? '')?.[1])
createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('data', (request) => {
    const answer = Buffer.alloc(10)
    answer.writeInt32BE(6, 0)
    request.copy(answer, 4, 8, 12)
    socket.write(answer)
  })
}).listen(port, '127.0.0.1', () => process.stdout.write(`serving on ${port}\n`))
