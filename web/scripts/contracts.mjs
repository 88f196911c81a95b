/**
 * `npm run contracts`: TypeScript types of the client protocol and of the REST API, made from what the contracts publish.
 * With `--check` nothing is written, and a committed file that differs is an error.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { compile } from 'json-schema-to-typescript'

const ROOT = new URL('../../', import.meta.url)

const FILES = [
  {
    name: 'ClientProtocol',
    about: 'The WebSocket protocol',
    source: 'libs/contracts/schemas/client_protocol.json',
    types: 'web/src/contracts/protocol.ts',
    schemaOf: (document) => document,
  },
  {
    name: 'RestApi',
    about: 'The bodies and answers of the REST API, without their envelopes',
    source: 'docs/openapi.json',
    types: 'web/src/contracts/api.ts',
    schemaOf: schemaOfApi,
  },
]

/** Envelopes and pages are generic: `Envelope` in rest.ts. What is polled are frames of the protocol. */
const WRAPPERS = /^(?:Envelope|Page|Slice)_|^Polled$/

/** All bodies and answers as definitions of one schema. What is only ever answered has all its fields, always. */
function schemaOfApi({ paths, components }) {
  const schemas = components.schemas
  const calls = Object.values(paths).flatMap((path) => Object.values(path))
  const asked = reachable(
    calls.map(({ requestBody }) => requestBody),
    schemas,
  )
  const used = reachable(calls, { ...schemas, Polled: null })
  const definitions = {}
  for (const [name, schema] of Object.entries(schemas)) {
    if (WRAPPERS.test(name) || !used.has(name)) continue
    const always = schema.type === 'object' && !asked.has(name) ? { required: Object.keys(schema.properties ?? {}) } : {}
    definitions[name] = untitled({ ...schema, ...always })
  }
  return JSON.parse(
    JSON.stringify({ title: 'RestApi', type: 'object', additionalProperties: false, definitions }).replaceAll(
      '#/components/schemas/',
      '#/definitions/',
    ),
  )
}

function reachable(start, schemas) {
  const found = new Set()
  const queue = [start]
  while (queue.length > 0) {
    for (const [, name] of JSON.stringify(queue.pop() ?? null).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue
      found.add(name)
      queue.push(schemas[name])
    }
  }
  return found
}

/** Titles of fields, and references with a default beside them, would each become a type of their own. */
function untitled(schema) {
  if (Array.isArray(schema)) return schema.map(untitled)
  if (typeof schema !== 'object' || schema === null) return schema
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref }
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => key !== 'title' || typeof value !== 'string')
      .map(([key, value]) => [key, untitled(value)]),
  )
}

async function typesOf({ name, about, source, schemaOf }) {
  const schema = schemaOf(JSON.parse(await readFile(new URL(source, ROOT), 'utf8')))
  return compile(schema, name, {
    additionalProperties: false,
    unreachableDefinitions: true,
    bannerComment: `/**
 * ${about}, generated from ${source} by \`npm run contracts\`.
 * Do not edit: change the contracts and generate again.
 */`,
    // Lengths are the server's to check; as tuples they would only make the types unreadable.
    ignoreMinAndMaxItems: true,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
}

async function bring(file) {
  const types = await typesOf(file)
  const place = new URL(file.types, ROOT)
  if (!process.argv.includes('--check')) {
    await writeFile(place, types)
  } else if ((await readFile(place, 'utf8').catch(() => '')) !== types) {
    process.stderr.write(`${fileURLToPath(place)} is not what the contracts say; run \`npm run contracts\`.\n`)
    process.exitCode = 1
  }
}

await Promise.all(FILES.map(bring))
