/** The shape of the source tree: who may import whom. */
import { expect, test } from 'vitest'

const SOURCES: Record<string, string> = import.meta.glob('../**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true })

/** Layer → what it may import besides packages and itself. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contracts: [],
  lib: ['contracts'],
  realtime: ['contracts', 'lib'],
  ui: ['contracts', 'lib'],
  features: ['contracts', 'lib', 'realtime', 'ui'],
  app: ['contracts', 'lib', 'realtime', 'ui', 'features'],
}

function imports(source: string): string[] {
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'@\/([^']+)'/g)].flatMap(([, path]) => path ?? [])
}

/** `features/keys` for a feature, else the layer. */
function homeOf(path: string): string {
  const [layer = '', name = ''] = path.split('/')
  return layer === 'features' ? `${layer}/${name}` : layer
}

test('every file is found', () => {
  expect(Object.keys(SOURCES).length).toBeGreaterThan(50)
})

test('layers import downwards only, and features never import each other', () => {
  const wrong = Object.entries(SOURCES).flatMap(([file, source]) => {
    const path = file.startsWith('../') ? file.slice(3) : `app/${file.slice(2)}`
    const allowed = MAY_IMPORT[path.split('/')[0] ?? '']
    if (!allowed) return []
    return imports(source)
      .filter((target) => homeOf(target) !== homeOf(path) && !allowed.includes(target.split('/')[0] ?? ''))
      .map((target) => `${path} → ${target}`)
  })
  expect(wrong).toEqual([])
})
