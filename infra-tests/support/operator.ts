import { ALGORITHM, formatAmzDate, signature } from '../../control-plane/src/api/http/sigv4.ts'

/** A host as its operator sees it: docs/hosts.md. */
export interface OperatedHost {
  readonly hostId: string
  readonly state: string
  readonly brokers: readonly { readonly clusterArn: string; readonly brokerId: number }[]
  readonly operation?: { readonly type: string; readonly state: string }
}

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const LAPTOP_KEY: AccessKey = { accessKeyId: 'test', secretAccessKey: 'test' }

/** Asks what no client of AWS knows, with the administrator's key. */
export async function askOperator<T>(
  endpoint: string,
  method: string,
  rawPath: string,
  body = '',
  { accessKeyId, secretAccessKey }: AccessKey = LAPTOP_KEY,
): Promise<T> {
  const amzDate = formatAmzDate(Date.now())
  const date = amzDate.slice(0, 8)
  const { host } = new URL(endpoint)
  const scope = { region: 'us-east-1', service: 'kafka' }
  const headers = new Headers({ host, 'x-amz-date': amzDate })
  const signedHeaders = ['host', 'x-amz-date']
  const request = { method, rawPath, rawQuery: '', headers, body: Buffer.from(body) }
  const signed = signature(request, { date, signedHeaders }, amzDate, scope, secretAccessKey)
  const credential = `${accessKeyId}/${date}/${scope.region}/${scope.service}/aws4_request`
  const authorization = `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signed}`
  const answer = await fetch(`${endpoint}${rawPath}`, {
    method,
    headers: { 'x-amz-date': amzDate, authorization },
    ...(body === '' ? {} : { body }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${rawPath} answered ${answer.status}: ${text}`)
  return JSON.parse(text)
}
