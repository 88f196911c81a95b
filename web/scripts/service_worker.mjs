/**
 * A Vite plugin: writes `sw.js` from `src/worker/sw.js`, with the names of what this build consists of and a version that
 * changes with them. Written by hand, because the usual plugin brings 311 packages for these few lines.
 */
import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'

const SOURCE = new URL('../src/worker/sw.js', import.meta.url)
const PUBLIC = new URL('../public/', import.meta.url)

/** Fonts of scripts that most pages never show, and of formulas, are kept when they are first used. */
const FOR_LATER = /(?:-(?:cyrillic|greek|vietnamese|latin-ext|math|symbols)|KaTeX_)[^/]*\.woff2?$/

export function serviceWorker() {
  return {
    name: 'service-worker',
    apply: 'build',
    enforce: 'post', // after the page has been written
    async generateBundle(_options, bundle) {
      const built = Object.keys(bundle).filter((name) => name.startsWith('assets/') && !FOR_LATER.test(name))
      const given = (await readdir(PUBLIC)).filter((name) => /\.(?:js|svg|webmanifest)$/.test(name))
      const files = ['/', ...[...built, ...given].map((name) => `/${name}`)].toSorted()
      const hash = createHash('sha256').update(JSON.stringify(files))
      // Files without a hash in their names, and the page itself, change the version by what stands in them.
      const source = await readFile(SOURCE, 'utf8')
      const page = bundle['index.html'].source
      for (const text of [source, page, ...(await Promise.all(given.map((name) => readFile(new URL(name, PUBLIC)))))]) hash.update(text)
      const constants = { VERSION: hash.digest('hex').slice(0, 16), FILES: files }
      const head = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)}\n`)
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: head.join('') + source })
    },
  }
}
