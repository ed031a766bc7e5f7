/** One of several processes that race on the same file: see race.test.ts. Prints what it won as JSON. */
import { CoordinationError } from '../errors.ts'
import { openSqliteStore } from './store.ts'

const [path, holder, rounds] = process.argv.slice(2)
if (path === undefined || holder === undefined || rounds === undefined) throw new Error('path holder rounds')
const store = openSqliteStore({ path })
const won: { indexes: number[]; tokens: number[]; electedRounds: number[] } = {
  indexes: [],
  tokens: [],
  electedRounds: [],
}

const shared = await store.leases.read('shared-fence')
if (shared === undefined) throw new Error('the test holds the fence')
for (;;) {
  const { nextIndex } = await store.logs.bounds('log')
  if (nextIndex >= Number(rounds)) break
  try {
    await store.logs.append('log', nextIndex, [new TextEncoder().encode(`${holder}:${nextIndex}`)], shared)
    won.indexes.push(nextIndex)
  } catch (error) {
    if (!(error instanceof CoordinationError) || error.code !== 'LOG_CONFLICT') throw error
  }
}

for (let round = 0; round < Number(rounds); round++) {
  if ((await store.leases.acquire(`election-${round}`, holder, 60_000)) !== undefined)
    won.electedRounds.push(round)
  const turn = await store.leases.acquire('in-turns', holder, 1)
  if (turn !== undefined) won.tokens.push(turn.token)
}

await store.close()
process.stdout.write(JSON.stringify(won))
