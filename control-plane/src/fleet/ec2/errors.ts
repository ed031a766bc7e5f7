/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html: the codes that the driver acts on. */

/** Another type, or another way to pay for it, may do. */
const CAPACITY = new Set([
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'InsufficientCapacity',
  'SpotMaxPriceTooLow',
  'MaxSpotInstanceCountExceeded',
  'InstanceLimitExceeded',
  'VcpuLimitExceeded',
  'UnfulfillableCapacity',
  'Unsupported',
  // An account's first spot instance needs a role that not everybody may make.
  'AuthFailure.ServiceLinkedRoleCreationNotPermitted',
])

/** Nothing is wrong with the request: later it may succeed. */
const LATER = new Set([
  'RequestLimitExceeded',
  'Throttling',
  'ThrottlingException',
  'VolumeLimitExceeded',
  'MaxIOPSLimitExceeded',
  'InsufficientVolumeCapacity',
  'InsufficientFreeAddressesInSubnet',
  'PendingVerification',
  'IncorrectState',
  'IncorrectInstanceState',
  'VolumeInUse',
])

const TOO_SOON = new Set(['IncorrectModificationState', 'VolumeModificationRateExceeded'])

/** What EC2 just made it may not know everywhere yet; what it no longer knows is gone. */
const NOT_FOUND = new Set(['InvalidInstanceID.NotFound', 'InvalidVolume.NotFound'])

/**
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html: EC2 granted an instance and took it back.
 * Those of the client are about its volumes, keys or image, whatever the type.
 */
const LAUNCH_FAILURES = new Set([
  'Server.InsufficientInstanceCapacity',
  'Server.InternalError',
  'Client.InternalError',
  'Client.InvalidSnapshot.NotFound',
  'Client.VolumeLimitExceeded',
])

export function isLaunchFailure(code: string): boolean {
  return LAUNCH_FAILURES.has(code)
}

export function isClientFault(code: string): boolean {
  return code.startsWith('Client.')
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined
}

export function isCapacityError(error: unknown): boolean {
  return CAPACITY.has(codeOf(error) ?? '')
}

/** A volume was changed lately: the next change has to wait for hours. */
export function isTooSoon(error: unknown): boolean {
  return TOO_SOON.has(codeOf(error) ?? '')
}

export function isNotFound(error: unknown): boolean {
  return NOT_FOUND.has(codeOf(error) ?? '')
}

export function isForLater(error: unknown): boolean {
  return LATER.has(codeOf(error) ?? '') || isNotFound(error)
}

/** The token was used for an instance that has ended since: the next one is due. */
export function isTokenSpent(error: unknown): boolean {
  return codeOf(error) === 'IdempotentInstanceTerminated'
}

export function refusal(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
