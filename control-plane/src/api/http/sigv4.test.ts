import { describe, expect, it } from 'vitest'
import { formatAmzDate, type SignedRequest, signature, verifySignature } from './sigv4.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const SCOPE = { region: 'us-east-1', service: 'kafka' }
const SIGNED_AT = Date.parse('2026-11-21T08:00:00Z')
const ARN =
  'arn%3Aaws%3Akafka%3Aus-east-1%3A000000000000%3Acluster%2Forders%2Ffa77a97c-3b1c-4945-8641-49e16fbd1ceb-s1'

/** Requests as real signers made them: botocore 1.43.11 (the AWS CLI's) and @aws-sdk/client-kafka. */
const SIGNED_BY_AWS: Record<string, SignedRequest> = {
  'botocore: a body': signed({
    method: 'POST',
    rawPath: '/api/v2/clusters',
    body: '{"clusterName": "orders"}',
    signedHeaders: 'content-type;host;x-amz-date',
    headers: { 'content-type': 'application/json' },
    signature: '73e94d5c6f1c14f42fb84c44b7c02fb6f32b42b5917bb005aa9ce74938827006',
  }),
  'botocore: an ARN in the path, repeated and encoded query parameters': signed({
    method: 'DELETE',
    rawPath: `/v1/tags/${ARN}`,
    rawQuery: 'tagKeys=cost%20center&tagKeys=%C3%BC%2Bb&tagKeys=a',
    signedHeaders: 'host;x-amz-date',
    signature: '52e8874b1b48a5e9b2a340f168cf10801af944abad6e778f70bfea67d7ea88ed',
  }),
  'botocore: temporary credentials': signed({
    method: 'GET',
    rawPath: `/v1/clusters/${ARN}/bootstrap-brokers`,
    headers: { 'x-amz-security-token': 'FwoGZXIvYXdzEXAMPLETOKEN//==' },
    signedHeaders: 'host;x-amz-date;x-amz-security-token',
    signature: 'ade8ec9ba82cbdd6f5ac0e35544bd9c9c7a09566c1643ce72d6f6ab28ecd4504',
  }),
  'curl 7.88, which encodes the path but once': signed({
    method: 'GET',
    rawPath: `/v1/clusters/${ARN}/bootstrap-brokers`,
    signedHeaders: 'host;x-amz-date',
    signature: '793b3a056cb64bfd83ab42367f36e3bda881721663980ef0e2dd93a2a78acb4d',
  }),
  'JavaScript SDK: a body and its hash': signed({
    method: 'POST',
    rawPath: '/api/v2/clusters',
    body: '{"clusterName":"orders"}',
    headers: {
      'content-type': 'application/json',
      'content-length': '24',
      'x-amz-user-agent': 'aws-sdk-js/3.1168.0',
      'amz-sdk-invocation-id': '0972ed69-b660-4047-b57f-1a872e455d53',
      'amz-sdk-request': 'attempt=1; max=1',
      'x-amz-content-sha256': 'a64d8a17fd030221c224300ae60e20edf65b051e26950186c8ced17d6f5dd880',
    },
    signedHeaders:
      'amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-user-agent',
    signature: 'a65f2e729534b1157191060dfb8ff3d1cb3a6e506c4ff9a66f966822061a3406',
  }),
  'JavaScript SDK: query parameters with characters that encodeURIComponent leaves alone': signed({
    method: 'GET',
    rawPath: '/api/v2/clusters',
    rawQuery: 'maxResults=5&clusterNameFilter=a%20%28b%29%2A',
    headers: {
      'x-amz-user-agent': 'aws-sdk-js/3.1168.0',
      'amz-sdk-invocation-id': 'd75b95fe-efcb-4cdd-87f7-794bf0f29170',
      'amz-sdk-request': 'attempt=1; max=1',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    },
    signedHeaders:
      'amz-sdk-invocation-id;amz-sdk-request;host;x-amz-content-sha256;x-amz-date;x-amz-user-agent',
    signature: '2ccae1318252b8363f553d55a3b005ae84db8a834a5f808392dc7133a5f452d1',
  }),
}

describe('a signature of a real client', () => {
  it.each(Object.entries(SIGNED_BY_AWS))('is accepted: %s', async (_name, request) => {
    await expect(verify(request)).resolves.toBe('AKIDEXAMPLE')
  })

  it.each(Object.entries(SIGNED_BY_AWS))(
    'no longer fits when anything changes: %s',
    async (_name, request) => {
      const altered: SignedRequest[] = [
        { ...request, method: 'PUT' },
        { ...request, rawPath: `${request.rawPath}x` },
        { ...request, rawQuery: `${request.rawQuery}&x=1` },
        { ...request, body: Buffer.concat([request.body, Buffer.from(' ')]) },
        { ...request, headers: withHeader(request.headers, 'host', 'elsewhere:9690') },
        { ...request, headers: withHeader(request.headers, 'x-amz-date', '20261121T080001Z') },
      ]
      for (const other of altered) {
        await expect(verify(other)).rejects.toMatchObject({ code: 'InvalidSignatureException', status: 403 })
      }
    },
  )
})

describe('a request that is not rightly signed', () => {
  const request = SIGNED_BY_AWS['botocore: a body']!

  it('without Authorization lacks a token', async () => {
    const headers = new Headers(request.headers)
    headers.delete('authorization')
    await expect(verify({ ...request, headers })).rejects.toMatchObject({
      code: 'MissingAuthenticationTokenException',
      status: 403,
    })
  })

  it.each([
    'Bearer abc',
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/us-east-1/kafka/aws4_request',
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/kafka/aws4_request, SignedHeaders=host, Signature=00',
    'AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/kafka/aws4_request/x, SignedHeaders=host, Signature=00',
  ])('with the Authorization %s is incomplete', async (authorization) => {
    const headers = withHeader(request.headers, 'authorization', authorization)
    const error = { code: 'IncompleteSignatureException', status: 400 }
    await expect(verify({ ...request, headers })).rejects.toMatchObject(error)
  })

  it.each(['2026-11-21T08:00:00Z', '20261321T080000Z', ''])(
    'with the date "%s" is incomplete',
    async (date) => {
      const headers = withHeader(request.headers, 'x-amz-date', date)
      await expect(verify({ ...request, headers })).rejects.toMatchObject({
        code: 'IncompleteSignatureException',
      })
    },
  )

  it.each([
    ['us-east-1/kafka', 'eu-west-1/kafka', /valid region.*us-east-1/],
    ['us-east-1/kafka', 'us-east-1/s3', /correct service: 'kafka'/],
    ['aws4_request', 'aws5_request', /terminator/],
    ['20261121/us', '20261120/us', /does not match/],
    [
      'SignedHeaders=content-type;host;x-amz-date',
      'SignedHeaders=x-amz-date',
      /'host' must be a 'SignedHeader'/,
    ],
    ['SignedHeaders=content-type;host;x-amz-date', 'SignedHeaders=host', /'x-amz-date' must be/],
  ])('with %s instead of %s is refused', async (from, to, message) => {
    const authorization = request.headers.get('authorization')!.replace(from, to)
    const headers = withHeader(request.headers, 'authorization', authorization)
    await expect(verify({ ...request, headers })).rejects.toMatchObject({
      code: 'InvalidSignatureException',
      message: expect.stringMatching(message),
    })
  })

  it('must sign the security token that it sends', async () => {
    const headers = withHeader(request.headers, 'x-amz-security-token', 'token')
    await expect(verify({ ...request, headers })).rejects.toMatchObject({ code: 'InvalidSignatureException' })
  })

  it('from an unknown key is not recognised', async () => {
    await expect(verifySignature(request, SCOPE, async () => undefined, SIGNED_AT)).rejects.toMatchObject({
      code: 'UnrecognizedClientException',
      status: 403,
    })
  })

  it('made with another secret does not match', async () => {
    await expect(verifySignature(request, SCOPE, async () => 'other', SIGNED_AT)).rejects.toMatchObject({
      code: 'InvalidSignatureException',
    })
  })
})

describe('the clock', () => {
  const request = SIGNED_BY_AWS['botocore: a body']!
  const FIVE_MINUTES = 300_000

  it('may be off by five minutes either way', async () => {
    await expect(verify(request, SIGNED_AT + FIVE_MINUTES)).resolves.toBe('AKIDEXAMPLE')
    await expect(verify(request, SIGNED_AT - FIVE_MINUTES)).resolves.toBe('AKIDEXAMPLE')
  })

  it('may not be off by more', async () => {
    await expect(verify(request, SIGNED_AT + FIVE_MINUTES + 1000)).rejects.toThrow(
      'Signature expired: 20261121T080000Z is now earlier than 20261121T080001Z (20261121T080501Z - 5 min.)',
    )
    await expect(verify(request, SIGNED_AT - FIVE_MINUTES - 1000)).rejects.toThrow(
      'Signature not yet current',
    )
  })
})

it('signs what it verifies', async () => {
  const amzDate = formatAmzDate(SIGNED_AT)
  const request = SIGNED_BY_AWS['botocore: a body']!
  const signedHeaders = ['content-type', 'host', 'x-amz-date']
  expect(signature(request, { date: '20261121', signedHeaders }, amzDate, SCOPE, SECRET)).toBe(
    '73e94d5c6f1c14f42fb84c44b7c02fb6f32b42b5917bb005aa9ce74938827006',
  )
})

function verify(request: SignedRequest, nowMs = SIGNED_AT): Promise<string> {
  return verifySignature(request, SCOPE, async (id) => (id === 'AKIDEXAMPLE' ? SECRET : undefined), nowMs)
}

function signed(request: {
  method: string
  rawPath: string
  rawQuery?: string
  body?: string
  headers?: Record<string, string>
  signedHeaders: string
  signature: string
}): SignedRequest {
  const credential = 'AKIDEXAMPLE/20261121/us-east-1/kafka/aws4_request'
  const { signedHeaders, signature } = request
  return {
    method: request.method,
    rawPath: request.rawPath,
    rawQuery: request.rawQuery ?? '',
    body: Buffer.from(request.body ?? ''),
    headers: new Headers({
      ...request.headers,
      host: '127.0.0.1:9690',
      'x-amz-date': '20261121T080000Z',
      authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    }),
  }
}

function withHeader(headers: Headers, name: string, value: string): Headers {
  const changed = new Headers(headers)
  changed.set(name, value)
  return changed
}
