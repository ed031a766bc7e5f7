/**
 * Each instance in EC2 has processors of its own, and LocalStack stands for machines of AWS. Where Linux shares the
 * processors out by control group (version 1), all containers together weigh as much as one process outside of them,
 * such as LocalStack's: while it works, a broker would have a fraction of a core. So they go before the rest meanwhile.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const CONTAINERS = '/sys/fs/cgroup/cpu/docker/cpu.shares'
/** The most that Linux takes; one process has 1,024. */
const SHARES = '262144'

/**
 * Once there are containers. Without such a control group, or without the right to change it, all stays as it is. Returns
 * what takes it back.
 */
export function containersFirst(): () => void {
  if (process.getuid?.() !== 0 || !existsSync(CONTAINERS)) return () => {}
  const before = readFileSync(CONTAINERS, 'utf8')
  writeFileSync(CONTAINERS, SHARES)
  return () => writeFileSync(CONTAINERS, before)
}
