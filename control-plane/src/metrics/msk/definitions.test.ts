import { expect, it } from 'vitest'
import { metricsPage } from '../../testing/metrics-page.ts'
import { definitions } from './definitions.ts'

it('docs/metrics.md says what is sent', async () => {
  await expect(metricsPage()).toMatchFileSnapshot('../../../../docs/metrics.md')
})

it('no metric is defined twice', () => {
  const names = definitions.map(({ name, per }) => `${name} per ${per}`)
  expect(new Set(names).size).toBe(names.length)
})
