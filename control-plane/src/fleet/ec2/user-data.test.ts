import { spawnSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { userData } from './user-data.ts'

const BOOT = {
  hostId: 'h-1',
  zone: 'us-east-1a',
  volumeId: 'vol-0abc',
  controlPlaneUrl: "http://control'plane:9690",
  hostToken: 'token',
}

it('is a shell script that a shell accepts, within what EC2 takes', () => {
  const script = userData(BOOT)
  const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  expect(Buffer.byteLength(script)).toBeLessThan(16 * 1024)
  expect(userData(BOOT)).toBe(script)
})

it('mounts the volume of this host and starts its agent', () => {
  const script = userData(BOOT)
  expect(script).toContain('/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0abc')
  expect(script).toContain(`'{"hostId":"h-1","zone":"us-east-1a"}'`)
  const words = spawnSync('sh', {
    input: script.replace(/^[\s\S]*(?=set -- )/, '').replace(/export [\s\S]*/, 'echo "$@"'),
  })
  expect(words.stdout.toString().trim()).toBe(
    "/opt/freshet/bin/freshet-run host-agent --host-dir /var/lib/freshet/host --control-plane http://control'plane:9690 --broker-bundle /opt/freshet/broker.mjs",
  )
})
