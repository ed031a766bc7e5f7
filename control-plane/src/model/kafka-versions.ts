/**
 * Kafka versions by MSK's names. There is one broker, and it speaks the protocol of every one of these to its
 * clients: the name is a promise of compatibility, not another program. MSK's older names are accepted so that
 * scripts and Terraform written for it work unchanged; `x` stands for any patch level.
 */
export const KAFKA_VERSIONS = [
  '3.6.0',
  '3.7.x',
  '3.7.x.kraft',
  '3.8.x',
  '3.8.x.kraft',
  '3.9.x',
  '3.9.x.kraft',
  '4.0.x',
  '4.0.x.kraft',
  '4.1.x',
  '4.1.x.kraft',
  '4.2.x',
  '4.2.x.kraft',
  '4.3.x',
  '4.3.x.kraft',
] as const satisfies readonly string[]

export const NEWEST_KAFKA_VERSION = '4.3.x.kraft'

export function isKnownVersion(version: string): boolean {
  return KAFKA_VERSIONS.some((known) => known === version)
}

/** A cluster may go to any later version, and never back. */
export function compatibleTargets(version: string): string[] {
  return KAFKA_VERSIONS.filter((candidate) => minorOf(candidate) > minorOf(version))
}

function minorOf(version: string): number {
  const [major = '0', minor = '0'] = version.split('.')
  return Number(major) * 100 + Number(minor)
}
