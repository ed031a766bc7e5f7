import { scalingTagProblem } from './scaling-settings.ts'

/** Rules for tags on MSK resources: https://docs.aws.amazon.com/msk/latest/developerguide/msk-tagging.html */

export const MAX_TAGS = 50

/** What is wrong with these tags, or undefined. */
export function tagsProblem(tags: Readonly<Record<string, string>>): string | undefined {
  const keys = Object.keys(tags)
  if (keys.length > MAX_TAGS) return `A resource can have at most ${MAX_TAGS} tags, not ${keys.length}.`
  return keys.map((key) => tagProblem(key, tags[key]!)).find((problem) => problem !== undefined)
}

function tagProblem(key: string, value: string): string | undefined {
  if (key.length < 1 || key.length > 128) return 'A tag key must have 1 to 128 characters.'
  if (value.length > 255) return `The value of tag ${key} must have at most 255 characters.`
  if (/^aws:/i.test(key)) return 'Tag keys that start with aws: are reserved.'
  if (!ALLOWED.test(key) || !ALLOWED.test(value)) {
    return `Tag ${key} may only have letters, digits, spaces and the characters _ . / = + - @ :`
  }
  return scalingTagProblem(key, value)
}

const ALLOWED = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u
