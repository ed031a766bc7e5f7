/** The bundle of all tools: its first argument is the name of the one to run, with or without `.sh`. */
import { runAsProcess } from './terminal.ts'

const [name = '', ...args] = process.argv.slice(2)
process.exitCode = await runAsProcess(name, args)
