/** Modules that need each other to be loaded. Types are no need: who only names them is left out. */
import { importsOf } from './dependencies.ts'
import type { Finding, Source } from './source.ts'

/** One finding for each circle that a walk over the imports closes. */
export function checkCircles(sources: readonly Source[]): Finding[] {
  const needs = new Map(sources.map((source) => [source.path, targetsOf(source)]))
  const done = new Set<string>()
  const findings: Finding[] = []
  const visit = (path: string, way: readonly string[]): void => {
    const begin = way.indexOf(path)
    if (begin >= 0) findings.push(findingOf([...way.slice(begin), path]))
    if (begin >= 0 || done.has(path)) return
    for (const target of needs.get(path) ?? []) visit(target, [...way, path])
    done.add(path)
  }
  for (const path of needs.keys()) visit(path, [])
  return findings
}

function targetsOf(source: Source): string[] {
  return importsOf(source)
    .filter(({ typesOnly }) => !typesOnly)
    .map(({ target }) => target)
}

function findingOf(circle: readonly string[]): Finding {
  return { path: circle[0] ?? '', line: 1, message: `imports itself: ${circle.slice(1).join(' → ')}` }
}
