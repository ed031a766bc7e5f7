import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { SETTINGS } from '../../testing/ec2-fleet.ts'
import { hostClassOf, readEc2Settings } from './settings.ts'

const PORT = 9690

it('has defaults for what most fleets have in common', () => {
  const { brokerClasses: _classes, launchTemplateVersion: _version, ...given } = SETTINGS
  const settings = readEc2Settings(file({ ...given, sharedHosts: { types: ['m7g.large'] } }), PORT)
  expect(settings).toMatchObject({ launchTemplateVersion: '$Latest', brokerClasses: {} })
  expect(settings.sharedHosts).toEqual({ types: ['m7g.large'], markets: ['on-demand'], volumeSizeGB: 100 })
  expect(hostClassOf('kafka.m7g.4xlarge', settings).types).toEqual(['m7g.4xlarge'])
  expect(hostClassOf(undefined, settings)).toBe(settings.sharedHosts)
})

it('has hosts for broker types of all kinds, with the processors that the image is for', () => {
  const machine = 'aarch64'
  const express = { types: ['m8g.large'] }
  const settings = readEc2Settings(
    file({ ...SETTINGS, machine, brokerClasses: { 'express.m7g.large': express } }),
    PORT,
  )
  expect(hostClassOf('kafka.m5.large', settings).types).toEqual(['m7g.large', 'm6g.large'])
  expect(hostClassOf('express.m7g.large', settings).types).toEqual(['m8g.large'])
  expect(hostClassOf('express.m7g.xlarge', settings).types).toEqual(['m7g.xlarge'])
})

it('reaches control planes by their name too, where there is a zone for it', () => {
  const hostedZone = { id: 'Z1', name: 'freshet.internal.' }
  expect(readEc2Settings(file(SETTINGS), PORT).controlPlaneUrls).toEqual(SETTINGS.controlPlaneUrls)
  expect(readEc2Settings(file({ ...SETTINGS, hostedZone }), PORT).controlPlaneUrls).toEqual([
    ...SETTINGS.controlPlaneUrls,
    'http://control-plane.freshet.internal:9690',
  ])
})

it.each([
  [
    'two zones',
    { ...SETTINGS, subnets: { a: 'subnet-1', b: 'subnet-2' } },
    'subnets: three zones are needed',
  ],
  [
    'a market that there is not',
    { ...SETTINGS, sharedHosts: { types: ['t'], markets: ['free'] } },
    'markets',
  ],
  ['an unknown key', { ...SETTINGS, regoin: 'x' }, 'regoin'],
  ['no object', [], 'the file'],
])('refuses %s in one line', (_name, content, message) => {
  const path = file(content)
  expect(() => readEc2Settings(path, PORT)).toThrow(message)
  expect(() => readEc2Settings(path, PORT)).toThrow(/^[^\n]+$/)
})

it('says which file cannot be read', () => {
  expect(() => readEc2Settings('/no/such/file', PORT)).toThrow('/no/such/file cannot be read: ENOENT')
})

function file(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'ec2-settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'fleet.json')
  writeFileSync(path, JSON.stringify(content))
  return path
}
