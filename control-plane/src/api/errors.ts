/**
 * Errors as AWS writes them in REST-JSON: the name in the header x-amzn-errortype, which alone drives what
 * clients throw, and `message` and `invalidParameter` in the body.
 */

const STATUS = {
  BadRequestException: 400,
  IncompleteSignatureException: 400,
  UnauthorizedException: 401,
  ForbiddenException: 403,
  InvalidSignatureException: 403,
  MissingAuthenticationTokenException: 403,
  UnrecognizedClientException: 403,
  NotFoundException: 404,
  UnknownOperationException: 404,
  ConflictException: 409,
  RequestEntityTooLargeException: 413,
  InternalServerErrorException: 500,
  NotImplementedException: 501,
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
