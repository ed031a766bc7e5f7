import { parseArgs } from 'node:util'
import { parseAddress } from '../support/raw-client.ts'
import { rawCases } from './cases.ts'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    target: { type: 'string' },
    pid: { type: 'string' },
  },
})
for (const c of rawCases) {
  if (values.only.length > 0 && !values.only.includes(c.name)) continue
  console.log(
    c.name,
    await c.run({ address: parseAddress(values.target!), pid: Number(values.pid) }, values.quick),
  )
}
