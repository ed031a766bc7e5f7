import { expect, it } from 'vitest'
import { tagsProblem } from './tags.ts'

it.each([
  [{}],
  [{ Name: 'orders', 'cost center': 'a/b=c+d-e@f.g_h:i' }],
  [{ größe: '大', empty: '' }],
  [{ ['k'.repeat(128)]: 'v'.repeat(255) }],
  [{ 'freshet:autoscaling': 'advise', 'freshet:autoscaling-max-brokers': '12' }],
  [{ 'freshet:storage-autoscaling-target': '60', 'freshet:storage-autoscaling-max-gib': '16384' }],
  [Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, '']))],
])('accepts %j', (tags) => {
  expect(tagsProblem(tags)).toBeUndefined()
})

it.each([
  [{ '': 'v' }],
  [{ ['k'.repeat(129)]: '' }],
  [{ k: 'v'.repeat(256) }],
  [{ 'aws:name': 'v' }],
  [{ 'AWS:name': 'v' }],
  [{ 'a<b': 'v' }],
  [{ 'freshet:autoscaling': 'on' }],
  [{ 'freshet:autoscaling-max-brokers': '0' }],
  [{ 'freshet:autoscaling-min-brokers': '3.5' }],
  [{ 'freshet:storage-autoscaling-target': '81' }],
  [{ 'freshet:autoscaling-maximum': '3' }],
  [{ a: 'v;' }],
  [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, '']))],
])('refuses %j', (tags) => {
  expect(tagsProblem(tags)).toEqual(expect.any(String))
})
