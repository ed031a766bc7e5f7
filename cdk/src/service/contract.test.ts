import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readEc2Settings } from '../../../control-plane/src/fleet/ec2/settings.ts'
import { parseOptions } from '../../../control-plane/src/options.ts'
import { resourcesOf, serviceTemplate } from '../testing/templates.ts'
import { scriptOf } from '../testing/user-data.ts'

/** Templates and control plane know each other by options and settings only: here they meet. */

const sharedHosts = { types: ['m7g.large'], markets: ['spot', 'on-demand'], volumeSizeGB: 50 } as const
const template = serviceTemplate({ sharedHosts, brokerClasses: { 'kafka.m7g.large': sharedHosts } })
const [instance] = Object.values(resourcesOf(template, 'AWS::EC2::Instance'))
const script = scriptOf(instance?.Properties.UserData)

it('starts the control plane with options that it knows', () => {
  const command = /freshet-run control-plane ((?:.*\\\n)*.*)\n/.exec(script)?.[1] ?? ''
  const args = command.split(/[\s\\]+/).map((word) => word.replaceAll("'", ''))
  expect(parseOptions(args, {})).toMatchObject({
    stateUrl: expect.stringMatching(/^dynamodb:\/\/[^/]+\/control-plane$/),
    listen: '0.0.0.0',
    port: 9690,
    fleet: { kind: 'ec2', settingsFile: '/run/freshet/fleet.json' },
    secrets: { kind: 'secrets-manager' },
  })
})

it('gives it settings that it takes', () => {
  const settings = /fleet\.json <<'END_OF_SETTINGS'\n([\s\S]*?)\nEND_OF_SETTINGS/.exec(script)?.[1] ?? ''
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'fleet.json')
  // What only CloudFormation knows has a stand-in here.
  writeFileSync(
    file,
    settings
      .replace(/("launchTemplateId": ")[^"]+/, '$1lt-1')
      .replace(/("queueUrl": ")[^"]+/, '$1https://sqs.example/q'),
  )
  expect(readEc2Settings(file, 9690)).toMatchObject({
    region: 'eu-west-1',
    accountId: '123456789012',
    service: 'freshet',
    machine: 'aarch64',
    controlPlaneUrls: Array(3).fill('http://known-later:9690'),
    sharedHosts,
    cloudFormation: { queueUrl: 'https://sqs.example/q' },
  })
})
