/** The mortal control plane as a bundle: it is started once for each of its writes, and sources take a second to start. */
import { join } from 'node:path'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..', '..', '..')

export async function bundleMortal(name: string): Promise<string> {
  // Inside the project, where packages with native code are found.
  const outfile = join(ROOT, 'dist', 'test', `${name.replaceAll('/', '-')}.mjs`)
  await build({
    entryPoints: [join(import.meta.dirname, 'mortal-control-plane.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    external: ['@node-rs/*', 'lz4-napi', 'snappy', '*.node'],
    alias: { '@platformatic/wasm-utils': '@platformatic/wasm-utils/bundled' },
    banner: {
      js: "import { createRequire as requireIn } from 'node:module'; const require = requireIn(import.meta.url);",
    },
    logLevel: 'warning',
  })
  return outfile
}
