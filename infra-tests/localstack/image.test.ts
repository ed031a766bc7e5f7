/** The container image, used as its compose files tell users to. */
import { kafkaToolNames } from '@freshet/kafka-tools'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { mustRun, runProgram } from '../support/programs.ts'
import { suite } from '../support/requirements.ts'
import { waitFor } from '../support/wait.ts'
import { compose, docker, ensureImage } from './docker.ts'

const ONE = 'broker/compose.yaml'
const THREE = 'broker/compose-three.yaml'
const IMAGE_BYTES_MAX = 250_000_000

suite('container image', ['docker', 'kcat', 'freshet'], () => {
  let image = ''
  beforeAll(async () => {
    image = await ensureImage()
  })
  afterEach(async () => {
    await compose(ONE, image, 'down', '-v')
    await compose(THREE, image, 'down', '-v')
  })

  test('is small, and runs without root', async () => {
    const size = Number(await docker('image', 'inspect', image, '--format', '{{.Size}}'))
    expect(size).toBeLessThan(IMAGE_BYTES_MAX)
    expect(await docker('run', '--rm', image, 'id', '-u')).toBe('1000')
  })

  test('one broker on a read-only root becomes healthy, keeps its data, and stops in order', async () => {
    await compose(ONE, image, 'up', '-d')
    await healthy('kafka')
    await kcat('29092', ['-P', '-t', 'peter-docker01'], 'from the host\n')
    expect(await kcat('29092', ['-C', '-t', 'peter-docker01', '-e', '-q'])).toBe('from the host\n')
    const files = await docker('exec', 'kafka', 'ls', '/var/lib/kafka/data/peter-docker01-0')
    expect(files).toContain('00000000000000000000.log')
    expect(await docker('exec', 'kafka', 'bash', '-c', 'touch /opt/x 2>&1 || true')).toContain('Read-only')

    await docker('stop', '-t', '30', 'kafka')
    expect(await docker('inspect', 'kafka', '--format', '{{.State.ExitCode}}')).toBe('0')
    await compose(ONE, image, 'down')
    await compose(ONE, image, 'up', '-d')
    await healthy('kafka')
    expect(await kcat('29092', ['-C', '-t', 'peter-docker01', '-e', '-q'])).toBe('from the host\n')
  })

  test('a shell in the container has Kafka’s tools, and the segments that they wrote', async () => {
    await compose(ONE, image, 'up', '-d')
    await healthy('kafka')
    const names = kafkaToolNames.flatMap((name) => [name, `${name}.sh`])
    const versions = await shell(`for tool in ${names.join(' ')}; do $tool --version; done`)
    expect(versions.split('\n')).toEqual(names.map(() => '4.3.1'))

    const [server, topic] = ['--bootstrap-server kafka:9092', '--topic peter-docker01']
    const created = await shell(
      `kafka-topics ${server} --create ${topic} --partitions 1 --replication-factor 1`,
    )
    expect(created).toBe('Created topic peter-docker01.')
    const reading = shell(`kafka-console-consumer ${server} ${topic} --from-beginning --max-messages 1`)
    await shell(`kafka-console-producer ${server} ${topic}`, 'from one shell to another\n')
    expect(await reading).toBe('from one shell to another')

    const segment = '/var/lib/kafka/data/peter-docker01-0/00000000000000000000.log'
    // A record batch, version 2.
    expect(await shell(`xxd -s 16 -l 1 -p ${segment}`)).toBe('02')
    expect((await shell(`xxd -p ${segment}`)).replaceAll('\n', '')).toContain(
      Buffer.from('from one shell to another').toString('hex'),
    )
  })

  test('three brokers replicate, and one of them may be killed', async () => {
    await compose(THREE, image, 'up', '-d')
    for (const name of ['kafka-1', 'kafka-2', 'kafka-3']) await healthy(name)
    const records = `${Array.from({ length: 1_000 }, (_, at) => at).join('\n')}\n`
    await kcat('29092', ['-P', '-t', 'numbers', '-X', 'acks=all'], records)
    await docker('kill', 'kafka-1')
    // Who leads now may hear a moment later how far the records were acknowledged: their end is not told before.
    const read = () => kcat('29093', ['-C', '-t', 'numbers', '-e', '-q', '-o', 'beginning'])
    await expect.poll(read).toBe(records)
    await kcat('29094', ['-P', '-t', 'numbers', '-X', 'acks=all'], 'after\n')
    expect(await kcat('29093', ['-C', '-t', 'numbers', '-e', '-q', '-o', '-1'])).toBe('after\n')
  })
})

/** `docker exec -it kafka /bin/bash`, and what is typed there. */
async function shell(command: string, input = ''): Promise<string> {
  const { stdout } = await mustRun('docker', ['exec', '-i', 'kafka', '/bin/bash', '-c', command], { input })
  return stdout.trim()
}

async function healthy(container: string): Promise<void> {
  await waitFor(
    `${container} to be healthy`,
    60_000,
    async () => (await docker('inspect', container, '--format', '{{.State.Health.Status}}')) === 'healthy',
    200,
  )
}

async function kcat(port: string, args: string[], input?: string): Promise<string> {
  const all = ['-b', `localhost:${port}`, ...args]
  const outcome = await runProgram('kcat', all, {
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input }),
  })
  if (outcome.exitCode !== 0) throw new Error(`kcat: ${outcome.stderr}`)
  return outcome.stdout
}
