/** Times and durations as Kafka's tools take them. */
import { IllegalArgumentException } from '../client/exceptions.ts'

/** `YYYY-MM-DDThh:mm:ss.sss`, with a zone or in UTC; as milliseconds since 1970. */
export function parseDateTime(text: string): bigint {
  const zoned = /T.*(?:Z|[+-]\d{2}(?::?\d{2})?)$/.test(text) ? text : `${text}Z`
  const withMinutes = zoned.replace(/([+-]\d{2})$/, '$1:00').replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
  const timeMs = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(withMinutes) : Number.NaN
  if (Number.isNaN(timeMs))
    throw new IllegalArgumentException(`Error parsing timestamp. It does not match: ${text}`)
  return BigInt(timeMs)
}

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const SECOND_MS = 1_000

/** An ISO 8601 duration of days and less, as java.time.Duration takes it: `P1DT2H`, `-PT90.5S`. */
export function millisecondsOf(duration: string): number {
  const pattern =
    /^([+-]?)P(?=[-+\dT])(?:([-+]?\d+)D)?(?:T(?=[-+\d])(?:([-+]?\d+)H)?(?:([-+]?\d+)M)?(?:([-+]?\d+(?:[.,]\d{0,9})?)S)?)?$/i
  const [whole, sign, days = '0', hours = '0', minutes = '0', seconds = '0'] = pattern.exec(duration) ?? []
  if (whole === undefined) throw new IllegalArgumentException('Text cannot be parsed to a Duration')
  const ms =
    Number(days) * DAY_MS +
    Number(hours) * HOUR_MS +
    Number(minutes) * MINUTE_MS +
    Number(seconds.replace(',', '.')) * SECOND_MS
  return Math.trunc(sign === '-' ? -ms : ms)
}
