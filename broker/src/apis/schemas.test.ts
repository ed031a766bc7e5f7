import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Api, Message } from '../wire/index.ts'
import {
  decode,
  decodeRequestHeader,
  decodeResponse,
  encode,
  encodeParts,
  encodeRequestFrame,
  encodeResponseFrame,
  WireError,
} from '../wire/index.ts'
import { messageArbitrary } from '../wire/schema-arbitrary.ts'
import { apiSchemaByKey, apiSchemas } from './schemas.ts'

const settings = { seed: 43, numRuns: 12 }

describe.each(apiSchemas)('$name', (api) => {
  test.each(messagesOf(api))('%s version %i decodes to what was encoded', (_name, version, message) => {
    fc.assert(
      fc.property(messageArbitrary(message, version), (value) => {
        const bytes = encode(message, version, value)
        expect(isDeepStrictEqual(decode(message, version, bytes), value)).toBe(true)
        expect(Buffer.concat(encodeParts(message, version, value)).equals(bytes)).toBe(true)
      }),
      settings,
    )
  })

  test.each(messagesOf(api))('%s version %i refuses a message that is cut', (_name, version, message) => {
    fc.assert(
      fc.property(messageArbitrary(message, version), fc.nat(), (value, seed) => {
        const bytes = encode(message, version, value)
        if (bytes.length === 0) return
        const cut = bytes.subarray(0, seed % bytes.length)
        expect(() => decode(message, version, cut)).toThrow(WireError)
        const longer = Buffer.concat([bytes, Buffer.of(0)])
        expect(() => decode(message, version, longer)).toThrow(WireError)
      }),
      { ...settings, numRuns: 4 },
    )
  })

  test.each(messagesOf(api))('%s version %i survives any damage', (_name, version, message) => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(messageArbitrary(message, version), damage, (value, changes) => {
        const bytes = Buffer.from(encode(message, version, value))
        for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte
        const again = attempt(() => decode(message, version, bytes))
        // What still decodes is a proper value: it can be encoded and decoded to the same.
        if (again !== undefined) {
          expect(isDeepStrictEqual(decode(message, version, encode(message, version, again)), again)).toBe(
            true,
          )
        }
      }),
      settings,
    )
  })

  test('frames carry header and body', () => {
    const [min, max] = api.versions
    for (let version = min; version <= max; version++) {
      const [request] = fc.sample(messageArbitrary(api.request, version), { seed: version, numRuns: 1 })
      const [response] = fc.sample(messageArbitrary(api.response, version), { seed: version, numRuns: 1 })
      const frame = encodeRequestFrame(api, version, { correlationId: 77, clientId: 'me' }, request!)
      expect(frame.readInt32BE(0)).toBe(frame.length - 4)
      const payload = frame.subarray(4)
      const header = decodeRequestHeader(payload, (key) => apiSchemaByKey.get(key))
      expect(header).toMatchObject({
        apiKey: api.key,
        apiVersion: version,
        correlationId: 77,
        clientId: 'me',
      })
      expect(decode(api.request, version, payload, header.bodyOffset)).toEqual(request)
      const answer = Buffer.concat(encodeResponseFrame(api, version, 78, response!))
      expect(answer.readInt32BE(0)).toBe(answer.length - 4)
      expect(decodeResponse(api, version, answer.subarray(4))).toEqual({ correlationId: 78, body: response })
    }
  })
})

test('keys are unique and in order', () => {
  const keys = apiSchemas.map(({ key }) => key)
  expect(keys).toEqual([...new Set(keys)].sort((one, other) => one - other))
})

function messagesOf(api: Api): [name: string, version: number, message: Message][] {
  const [min, max] = api.versions
  const versions = Array.from({ length: max - min + 1 }, (_, index) => min + index)
  return versions.flatMap((version) => [
    [api.request.name, version, api.request],
    [api.response.name, version, api.response],
  ])
}

function attempt<Value>(action: () => Value): Value | undefined {
  try {
    return action()
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}
