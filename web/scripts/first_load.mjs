/** After a build: what the first visit costs in JavaScript and styles, and an error if it is more than it may be. */
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const DIST = new URL('../dist/', import.meta.url)
/** Compressed; what is loaded on demand does not count. */
const MAX_KIB = 250

const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', DIST), 'utf8'))

/** The files of a chunk and of all that it imports at once. */
function filesOf(name, seen = new Set()) {
  if (seen.has(name)) return []
  seen.add(name)
  const { file, css = [], imports = [] } = manifest[name]
  return [file, ...css, ...imports.flatMap((other) => filesOf(other, seen))]
}

const sizes = await Promise.all(
  filesOf('index.html').map(async (file) => gzipSync(await readFile(new URL(file, DIST))).length),
)
const total = sizes.reduce((sum, size) => sum + size, 0) / 1024
process.stdout.write(`First load: ${total.toFixed(0)} KiB compressed, of ${MAX_KIB}.\n`)
if (total > MAX_KIB) process.exitCode = 1
