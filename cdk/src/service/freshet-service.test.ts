import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { resourcesOf, serviceIn, serviceTemplate, TestStack } from '../testing/templates.ts'
import { scriptOf } from '../testing/user-data.ts'
import { imageWithId } from './images.ts'

const template = serviceTemplate()
const instances = resourcesOf(template, 'AWS::EC2::Instance')

describe('the control plane', () => {
  it('is an instance in each of three zones, with a network interface of its own', () => {
    expect(Object.keys(instances)).toHaveLength(3)
    const used = Object.values(instances).map(({ Properties }) => Properties.NetworkInterfaces)
    const made = Object.keys(resourcesOf(template, 'AWS::EC2::NetworkInterface'))
    expect(used).toEqual(made.map((id) => [{ DeviceIndex: '0', NetworkInterfaceId: { Ref: id } }]))
    const subnets = Object.values(resourcesOf(template, 'AWS::EC2::NetworkInterface')).map(({ Properties }) =>
      JSON.stringify(Properties.SubnetId),
    )
    expect(new Set(subnets).size).toBe(3)
  })

  it('changes one instance at a time, each when the one before it serves', () => {
    const waits = Object.keys(resourcesOf(template, 'AWS::CloudFormation::WaitCondition'))
    const ids = Object.keys(instances)
    const awaited = ids.map((id) => waits.filter((wait) => instances[id]!.DependsOn?.includes(wait)))
    expect(awaited).toEqual([[], [waits[0]], [waits[1]]])
    for (const [index, wait] of Object.values(
      resourcesOf(template, 'AWS::CloudFormation::WaitCondition'),
    ).entries()) {
      expect(wait.DependsOn).toContain(ids[index])
    }
  })

  it('boots with a script that a shell accepts, within what EC2 takes', () => {
    for (const { Properties } of Object.values(instances)) {
      const script = scriptOf(Properties.UserData)
      const { status, stderr } = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' })
      expect([status, stderr]).toEqual([0, ''])
      expect(Buffer.byteLength(script)).toBeLessThan(12 * 1024)
    }
  })
})

it('makes everything that has a metadata service ask for version 2', () => {
  const required = { HttpTokens: 'required', HttpPutResponseHopLimit: 1 }
  template.allResourcesProperties('AWS::EC2::Instance', { MetadataOptions: required })
  template.hasResourceProperties('AWS::EC2::LaunchTemplate', {
    LaunchTemplateData: Match.objectLike({ MetadataOptions: required }),
  })
})

it('has what docs/aws.md asks its stack for, each under a name that no other output has', () => {
  const names = Object.keys(template.findOutputs('*'))
  const page = readFileSync(join(import.meta.dirname, '../../../docs/aws.md'), 'utf8')
  const asked = new Set([
    ...[...page.matchAll(/\(output (\w+)\)/g)].map(([, name]) => name!),
    ...[...page.matchAll(/for name in ([\w ]+);/g)].flatMap(([, list]) => list!.split(' ')),
  ])
  expect(asked.size).toBe(5)
  for (const name of asked) expect(names.filter((id) => id.includes(name))).toHaveLength(1)
})

it('needs an image whose id is known', () => {
  const image = imageWithId(new TestStack().formatArn({ service: 'a', resource: 'b' }))
  expect(() => serviceIn(new TestStack(), { machineImage: image })).toThrow('must be known')
})
