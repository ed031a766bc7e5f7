/**
 * Errors as AWS writes them in REST-JSON: the name in the header x-amzn-errortype, which alone drives what
 * clients throw, and `message` and `invalidParameter` in the body.
 */

const STATUS = {
  BadRequestException: 400,
  IncompleteSignatureException: 400,
  KafkaRequestException: 400,
  UnauthorizedException: 401,
  ForbiddenException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
  NotFoundException: 404,
  UnknownOperationException: 404,
  UnknownTopicOrPartitionException: 404,
  ClusterConnectivityException: 409,
  ConflictException: 409,
  ControllerMovedException: 409,
  GroupSubscribedToTopicException: 409,
  KafkaTimeoutException: 409,
  NotControllerException: 409,
  ReassignmentInProgressException: 409,
  TopicExistsException: 409,
  RequestEntityTooLargeException: 413,
  InternalServerErrorException: 500,
  ServiceUnavailableException: 503,
} as const

export type MskErrorCode = keyof typeof STATUS

export class MskError extends Error {
  readonly code: MskErrorCode
  readonly status: (typeof STATUS)[MskErrorCode]
  readonly invalidParameter: string | undefined

  constructor(code: MskErrorCode, message: string, invalidParameter?: string) {
    super(message)
    this.name = 'MskError'
    this.code = code
    this.status = STATUS[code]
    this.invalidParameter = invalidParameter
  }
}

export function badRequest(message: string, invalidParameter?: string): MskError {
  return new MskError('BadRequestException', message, invalidParameter)
}

export function notFound(message: string, invalidParameter?: string): MskError {
  return new MskError('NotFoundException', message, invalidParameter)
}
