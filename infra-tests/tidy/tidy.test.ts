/** The whole repository against the rules: every finding names file and line. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkCircles } from './circles.ts'
import { filesBelow } from './files.ts'
import { checkLinks } from './links.ts'
import { checkAll } from './rules.ts'
import { type Finding, parseSource } from './source.ts'

const root = join(import.meta.dirname, '..', '..')
const sources = filesBelow(root, ['.ts', '.tsx', '.mjs'])
const pages = filesBelow(root, ['.md'])

test('finds the sources', () => {
  expect(sources).toContain('infra-tests/tidy/tidy.test.ts')
  expect(sources.some((path) => path.startsWith('broker/src/'))).toBe(true)
})

// Parsing every source takes seconds, and more on a busy machine.
test('sources obey the rules', () => {
  const parsed = sources.map((path) => parseSource(path, read(path)))
  const findings = [...parsed.flatMap(checkAll), ...checkCircles(parsed)]
  expect(findings.map(textOf)).toEqual([])
})

test('links in Markdown lead somewhere', () => {
  const findings = pages.flatMap((path) => checkLinks(root, path, read(path)))
  expect(findings.map(textOf)).toEqual([])
})

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

function textOf({ path, line, message }: Finding): string {
  return `${path}:${line}: ${message}`
}
