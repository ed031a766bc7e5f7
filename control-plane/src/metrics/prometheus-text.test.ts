import { expect, it } from 'vitest'
import { parsePrometheusText } from './prometheus-text.ts'

it('reads wanted families with their labels, and passes over all others', () => {
  const text = [
    '# TYPE a untyped',
    'a{name="BytesInPerSec",topic="t\\"\\\\\\n{x} y"} 12.5',
    'a 3',
    'b{name="x"} 1',
    'a{name="infinite"} +Inf',
    'a{name="broken"} many',
    'a{name="last"} 1e3',
  ].join('\n')
  expect([...parsePrometheusText(text, new Set(['a']))]).toEqual([
    { family: 'a', labels: { name: 'BytesInPerSec', topic: 't"\\\n{x} y' }, value: 12.5 },
    { family: 'a', labels: {}, value: 3 },
    { family: 'a', labels: { name: 'last' }, value: 1000 },
  ])
})
