import { setFlagsFromString } from 'node:v8'

/**
 * V8 takes what lives for a turn of the event loop for what lives long, and would make every request's objects in the old
 * space. So little of it survives that waiting for other threads to help with it takes longer than doing it.
 *
 * Said by the running broker and not on Node's command line: there Node would find that its own code was compiled for
 * other flags, and compile it all again, a fifth of what a broker's start costs.
 */
export function tuneCollector(): void {
  setFlagsFromString('--no-allocation-site-pretenuring')
  setFlagsFromString('--no-parallel-scavenge')
}
