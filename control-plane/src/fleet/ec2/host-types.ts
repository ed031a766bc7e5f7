/**
 * EC2's types for MSK's broker types, where the settings name none. All hosts boot one image, which is for one kind of
 * processors: a broker type with others (kafka.m5.large, as in most examples for MSK) gets its like among those.
 * https://docs.aws.amazon.com/msk/latest/developerguide/broker-instance-types.html
 */

/** What `uname -m` says. */
export type Machine = 'aarch64' | 'x86_64'

/** Tried in turn. */
export function hostTypesOf(brokerType: string, machine: Machine | undefined): readonly string[] {
  const type = brokerType.replace(/^(kafka|express)\./, '')
  const [family = '', size = ''] = type.split('.')
  if (machine === undefined || machineOf(family) === machine) return [type]
  const isArm = machine === 'aarch64'
  if (/^t\d/.test(family)) return [`${isArm ? 't4g' : 't3'}.${size}`]
  // The only one of AWS's own processors with so many cores.
  if (isArm && size === '24xlarge') return ['m8g.24xlarge']
  const families = isArm ? ['m7g', 'm6g'] : ['m7i', 'm6i']
  return families.map((each) => `${each}.${size}`)
}

/** The letter after the generation tells the processor: `g` is Graviton, AWS's own. */
function machineOf(family: string): Machine {
  return /^[a-z]+\d+g/.test(family) ? 'aarch64' : 'x86_64'
}
