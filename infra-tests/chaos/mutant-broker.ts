/** A broker with one of the simulator's mistakes, which FRESHET_CHAOS_MUTANT names: the checker has to notice. */
import { plainMutants } from '../simulation/mutants/index.ts'

const name = process.env.FRESHET_CHAOS_MUTANT
const mutant = plainMutants.find((each) => each.name === name)
if (mutant === undefined) throw new Error(`FRESHET_CHAOS_MUTANT: there is no mutant ${name}`)
mutant.apply()
await import('../../broker/src/main.ts')
