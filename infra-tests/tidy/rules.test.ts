/** Each rule against a small bad sample and its good twin: a rule that cannot fail is not a rule. */
import { describe, expect, test } from 'vitest'
import { checkCircles } from './circles.ts'
import { checkDependencies } from './dependencies.ts'
import { checkLinks } from './links.ts'
import {
  checkFileLength,
  checkFunctionLengths,
  checkMarks,
  checkNondeterminism,
  checkTestModifiers,
  maxFileLines,
  maxFunctionLines,
} from './rules.ts'
import { type Finding, parseSource, type Source } from './source.ts'

describe('dependency rule', () => {
  test.each([
    ['broker/src/wire/a.ts', "import { x } from '../runtime/types.ts'"],
    ['broker/src/wire/a.ts', "import type { X } from '../storage/log.ts'"],
    ['broker/src/wire/a.ts', "import { open } from '@freshet/coordination'"],
    ['broker/src/storage/a.ts', "import { x } from '../cluster/image.ts'"],
    ['broker/src/storage/a.ts', "export * from '../server/connection.ts'"],
    ['broker/src/cluster/a.ts', "import { createHash } from 'node:crypto'"],
    ['broker/src/cluster/a.ts', "import { x } from '../runtime/node.ts'"],
    ['broker/src/cluster/controller/a.ts', "import { x } from '../../apis/00-produce.ts'"],
    ['broker/src/cluster/a.ts', "import type { X } from '../server/context.ts'"],
    ['broker/src/coordinators/groups/a.ts', "import { x } from '../../server/context.ts'"],
    ['broker/src/coordinators/a.ts', "const x = await import('node:fs')"],
    ['broker/src/apis/a.ts', "import { x } from '../server/context.ts'"],
    ['broker/src/replication/a.ts', "import { x } from '../server/context.ts'"],
    ['broker/src/server/a.ts', "import { x } from '@freshet/control-plane'"],
    ['broker/src/server/a.ts', "import { x } from '../../../control-plane/src/main.ts'"],
    ['control-plane/src/a.ts', "import { x } from '@freshet/broker/wire'"],
    ['control-plane/src/a.ts', "import type { X } from '../../broker/src/wire/schema.ts'"],
    ['services/cli/src/a.ts', "import { x } from '../../../infra-tests/run.ts'"],
    ['cdk/src/service/a.ts', "import { x } from '../../../control-plane/src/options.ts'"],
    ['cdk/src/service/a.ts', "import type { X } from '@freshet/coordination'"],
    ['broker/src/server/a.test.ts', "import { x } from '../../../infra-tests/support/frames.ts'"],
  ])('%s may not: %s', (path, text) => {
    expect(checkDependencies(parseSource(path, `const first = 1\n${text}`))).toMatchObject([
      { path, line: 2 },
    ])
  })

  test.each([
    ['broker/src/wire/a.ts', "import { x } from './schema.ts'; import { crc32c } from '@node-rs/crc32'"],
    [
      'broker/src/storage/a.ts',
      "import { x } from '../wire/index.ts'; import type { D } from '../runtime/types.ts'",
    ],
    [
      'broker/src/cluster/a.ts',
      "import type { D } from '../runtime/types.ts'; import { x } from '../wire/errors.ts'",
    ],
    ['broker/src/coordinators/groups/a.ts', "import type { D } from '../../apis/11-join-group.ts'"],
    ['broker/src/apis/a.ts', "import type { Context } from '../server/context.ts'"],
    ['broker/src/server/a.ts', "import { x } from '../cluster/image.ts'"],
    ['broker/src/cluster/a.test.ts', "import { randomBytes } from 'node:crypto'"],
    ['control-plane/src/a.ts', "import { x } from '@freshet/coordination'"],
    ['cdk/src/service/a.test.ts', "import { x } from '../../../control-plane/src/options.ts'"],
    ['infra-tests/a.ts', "import { x } from '@freshet/broker/wire'"],
  ])('%s may: %s', (path, text) => {
    expect(checkDependencies(parseSource(path, text))).toEqual([])
  })
})

describe('nondeterminism', () => {
  test.each([
    'const now = Date.now()',
    'setTimeout(() => {}, 1)',
    'const t = setInterval(() => {}, 1)',
    'setImmediate(() => {})',
    'const r = Math.random()',
    "const r = Math['random']()",
    'const t = performance.now()',
    'const e = process.env.HOME',
    'const t = globalThis.setTimeout',
    "import { readFileSync } from 'node:fs'",
    "import { readFile } from 'node:fs/promises'",
    "import { connect } from 'node:net'",
    "import { randomBytes } from 'node:crypto'",
    "import { setTimeout as sleep } from 'node:timers/promises'",
  ])('the broker may not: %s', (text) => {
    const findings = checkNondeterminism(brokerSource(`const first = 1\n${text}`))
    expect(findings).not.toEqual([])
    for (const finding of findings) expect(finding.line).toBe(2)
  })

  test.each([
    'clock.performance(); task.process(); const o = { Date: 1 }',
    'interface X { process(): void }',
    'class X { process() {} }',
    '// the Date of a record; see setTimeout',
    'const text = "process"',
    'const x = Math.floor(1.5)',
  ])('the broker may: %s', (text) => {
    expect(checkNondeterminism(brokerSource(text))).toEqual([])
  })

  test.each([
    'broker/src/runtime/node-clock.ts',
    'broker/src/main.ts',
    'broker/src/server/a.test.ts',
    'services/host-agent/src/a.ts',
  ])('%s may name them all', (path) => {
    expect(checkNondeterminism(parseSource(path, 'Date.now(); setTimeout(() => {}, 1)'))).toEqual([])
  })
})

describe('circles', () => {
  const found = (texts: Readonly<Record<string, string>>) =>
    checkCircles(Object.entries(texts).map(([path, text]) => parseSource(path, text)))

  test('of modules that load one another are found, whoever begins', () => {
    const findings = found({
      'a/one.ts': "import { two } from './two.ts'",
      'a/two.ts': "export { three } from '../b/three.ts'",
      'b/three.ts': "import { two } from '../a/two.ts'",
    })
    expect(findings).toEqual([
      { path: 'a/two.ts', line: 1, message: 'imports itself: b/three.ts → a/two.ts' },
    ])
  })

  test('of types only, and two ways to one module, are none', () => {
    const findings = found({
      'a/one.ts': "import { two } from './two.ts'\nimport { three } from './three.ts'",
      'a/two.ts': "import { three } from './three.ts'\nimport type { One } from './one.ts'",
      'a/three.ts': "import { type One } from './one.ts'",
    })
    expect(findings).toEqual([])
  })
})

describe('lengths', () => {
  test('a file of the limit passes, one line more does not', () => {
    expect(checkFileLength(brokerSource('// x\n'.repeat(maxFileLines)))).toEqual([])
    expect(checkFileLength(brokerSource('// x\n'.repeat(maxFileLines + 1)))).toHaveLength(1)
  })

  test.each([
    ['function f() {', '}'],
    ['const f = () => {', '}'],
    ['class C { m() {', '} }'],
  ])('a function of the limit passes, one line more does not: %s', (open, close) => {
    const ofLines = (lines: number) => `// first\n${open}\n${'f()\n'.repeat(lines - 2)}${close}\n`
    expect(checkFunctionLengths(brokerSource(ofLines(maxFunctionLines)))).toEqual([])
    expect(linesOf(checkFunctionLengths(brokerSource(ofLines(maxFunctionLines + 1))))).toEqual([2])
    const suite = `import { test } from 'vitest'\n${ofLines(maxFunctionLines + 1)}`
    expect(checkFunctionLengths(brokerSource(suite))).toEqual([])
  })
})

describe('unfinished work', () => {
  test.each(['test', 'it', 'describe', 'test.concurrent'])('%s with a modifier is found', (runner) => {
    for (const modifier of ['only', 'skip', 'todo']) {
      const source = parseSource('broker/src/a.test.ts', `\n${runner}.${modifier}('x', () => {})`)
      expect(linesOf(checkTestModifiers(source))).toEqual([2])
    }
  })

  test('other members of the same names are not', () => {
    expect(
      checkTestModifiers(brokerSource('reader.skip(4); context.only(1); describe("x", () => {})')),
    ).toEqual([])
  })

  // Written in two parts, for this file is checked too.
  test.each([
    ['TO', 'DO'],
    ['FIX', 'ME'],
    ['@ts-', 'ignore'],
    ['@ts-', 'expect-error'],
    ['@ts-', 'nocheck'],
    ['biome-', 'ignore'],
  ])('a comment with %s%s is found', (start, end) => {
    expect(linesOf(checkMarks(brokerSource(`\n// ${start}${end} later`)))).toEqual([2])
  })

  test('the word in lower case is a word like any other', () => {
    expect(checkMarks(brokerSource('// a todo list'))).toEqual([])
  })
})

describe('links', () => {
  const check = (text: string) => checkLinks(import.meta.dirname, 'page.md', text)

  test.each(['[x](missing.md)', '[x](#nowhere)', '[x](../../outside.md)', '![picture](missing.svg)'])(
    '%s leads nowhere',
    (text) => {
      expect(linesOf(check(`# Here\n${text}`))).toEqual([2])
    },
  )

  test.each(['[x](rules.ts)', '[x](#here-we-are)', '[x](https://kafka.apache.org)', '`[x](missing.md)`'])(
    '%s is fine',
    (text) => {
      expect(check(`# Here we are\n${text}`)).toEqual([])
    },
  )
})

function brokerSource(text: string): Source {
  return parseSource('broker/src/server/sample.ts', text)
}

function linesOf(findings: readonly Finding[]): number[] {
  return findings.map(({ line }) => line)
}
