/** Links between our Markdown files: each must lead to a file and, with a fragment, to a heading. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Finding, lineAt } from './source.ts'

export function checkLinks(root: string, path: string, text: string): Finding[] {
  const findings: Finding[] = []
  for (const match of blankCode(text).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
    const link = match[1] ?? ''
    if (/^[a-z][a-z0-9+.-]*:/i.test(link)) continue
    const problem = problemOf(root, path, text, link)
    if (problem) findings.push({ path, line: lineAt(text, match.index), message: `${link}: ${problem}` })
  }
  return findings
}

function problemOf(root: string, path: string, text: string, link: string): string | undefined {
  const [file = '', fragment] = link.split('#')
  const target = file === '' ? path : join(dirname(path), decodeURI(file))
  if (target.startsWith('..')) return 'leads out of the repository'
  if (file !== '' && !existsSync(join(root, target))) return 'no such file'
  if (fragment === undefined || !target.endsWith('.md')) return undefined
  const headings = headingsOf(file === '' ? text : readFileSync(join(root, target), 'utf8'))
  return headings.includes(fragment) ? undefined : 'no such heading'
}

/** Anchors as GitHub makes them. */
function headingsOf(text: string): string[] {
  return [...blankCode(text).matchAll(/^#{1,6}\s+(.+)$/gm)].map((match) =>
    (match[1] ?? '')
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  )
}

/** Code holds no links; blanks keep the positions. */
function blankCode(text: string): string {
  return text.replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ' '))
}
