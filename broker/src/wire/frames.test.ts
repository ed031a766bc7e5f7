import { describe, expect, test } from 'vitest'
import { WireError } from './errors.ts'
import { decodeRequestHeader, decodeResponse, encodeRequestFrame, encodeResponseFrame } from './frames.ts'
import { defineApi, t } from './schema.ts'

const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexible: 3,
  request: {},
  response: { errorCode: t.int16() },
})

const other = defineApi({
  key: 3,
  name: 'Other',
  versions: [0, 2],
  flexible: 2,
  request: { count: t.int32() },
  response: { count: t.int32() },
})

const lookup = (key: number) => [apiVersions, other].find((api) => api.key === key)
const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('request headers', () => {
  test('version 1, without a client id', () => {
    const frame = encodeRequestFrame(apiVersions, 0, { correlationId: 1, clientId: null }, {})
    expect(frame).toEqual(hex('0000000a 0012 0000 00000001 ffff'))
    expect(decodeRequestHeader(frame.subarray(4), lookup)).toEqual({
      apiKey: 18,
      apiVersion: 0,
      correlationId: 1,
      clientId: null,
      bodyOffset: 10,
    })
  })

  test('version 2 has tagged fields, and the client id keeps its old form', () => {
    const frame = encodeRequestFrame(other, 2, { correlationId: 9, clientId: 'ab' }, { count: 5 })
    expect(frame).toEqual(hex('00000012 0003 0002 00000009 0002 6162 00 00000005 00'))
    const withTag = hex('0003 0002 00000009 0002 6162 01 07 02 ffff 00000005 00')
    expect(decodeRequestHeader(withTag, lookup)).toMatchObject({ clientId: 'ab', bodyOffset: 17 })
  })

  test('a version that is too new can still be answered', () => {
    const header = decodeRequestHeader(hex('0012 0063 00000001 ffff 00 aabbcc'), lookup)
    expect(header).toMatchObject({ apiKey: 18, apiVersion: 99, correlationId: 1 })
  })

  test.each([
    ['an unknown API', '03e7 0000 00000001 ffff'],
    ['nothing', ''],
    ['half a header', '0012 0000 0000'],
    ['no client id', '0012 0000 00000001'],
    ['a client id of length -2', '0012 0000 00000001 fffe'],
    ['a client id that is cut', '0012 0000 00000001 0005 61'],
    ['no tagged fields', '0012 0003 00000001 ffff'],
  ])('refused: %s', (_case, bytes) => {
    expect(() => decodeRequestHeader(hex(bytes), lookup)).toThrow(WireError)
  })
})

describe('response headers', () => {
  test('tagged fields from the flexible version on', () => {
    const plain = Buffer.concat(encodeResponseFrame(other, 1, 9, { count: 5 }))
    const flexible = Buffer.concat(encodeResponseFrame(other, 2, 9, { count: 5 }))
    expect(plain).toEqual(hex('00000008 00000009 00000005'))
    expect(flexible).toEqual(hex('0000000a 00000009 00 00000005 00'))
    expect(decodeResponse(other, 2, flexible.subarray(4))).toEqual({ correlationId: 9, body: { count: 5 } })
  })

  test('ApiVersions never has them', () => {
    const frame = Buffer.concat(encodeResponseFrame(apiVersions, 3, 1, { errorCode: 35 }))
    expect(frame).toEqual(hex('00000007 00000001 0023 00'))
    expect(decodeResponse(apiVersions, 3, frame.subarray(4)).body.errorCode).toBe(35)
  })

  test('bytes after the body are refused', () => {
    expect(() => decodeResponse(other, 1, hex('00000009 00000005 00'))).toThrow(WireError)
  })
})
