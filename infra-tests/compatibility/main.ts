/** npm run compatibility: writes docs/compatibility.md. */
import { writeFileSync } from 'node:fs'
import { compatibilityDocument } from './document.ts'

writeFileSync(new URL('../../docs/compatibility.md', import.meta.url), compatibilityDocument())
