/**
 * `npm run contracts`: TypeScript types of the client protocol, made from the JSON Schema that the contracts publish.
 * With `--check` nothing is written, and a committed file that differs is an error.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

import { compile } from 'json-schema-to-typescript'

const SCHEMA = new URL('../../libs/contracts/schemas/client_protocol.json', import.meta.url)
const TYPES = new URL('../src/contracts/protocol.ts', import.meta.url)

const BANNER = `/**
 * The WebSocket protocol, generated from libs/contracts/schemas/client_protocol.json by \`npm run contracts\`.
 * Do not edit: change the contracts and generate again.
 */`

const schema = JSON.parse(await readFile(SCHEMA, 'utf8'))
const types = await compile(schema, 'ClientProtocol', {
  additionalProperties: false,
  bannerComment: BANNER,
  // Lengths are the server's to check; as tuples they would only make the types unreadable.
  ignoreMinAndMaxItems: true,
  style: { semi: false, singleQuote: true, printWidth: 120 },
})

if (!process.argv.includes('--check')) {
  await writeFile(TYPES, types)
} else if ((await readFile(TYPES, 'utf8')) !== types) {
  process.stderr.write(`${fileURLToPath(TYPES)} is not what the contracts say; run \`npm run contracts\`.\n`)
  process.exitCode = 1
}
