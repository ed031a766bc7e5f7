/** The checker is only as good as the mistakes that it finds. `npm run simulate:mutants` tells how surely it does. */
import { test } from 'vitest'
import { expectCaught } from './expect-caught.ts'
import { mutantSuites } from './index.ts'

const cases = mutantSuites.flatMap(({ options, mutants }) =>
  mutants.map((mutant) => ({ ...mutant, options })),
)

test.each(cases)('a broker is caught of which $mistake', ({ options, ...mutant }) =>
  expectCaught(mutant, options),
)
