import { readFile, writeFile } from 'node:fs/promises'
import { createApi } from '../src/api/app.ts'
import { documentHead } from '../src/api/documents.ts'

/**
 * Writes the OpenAPI document of the API to docs/openapi.json; with `--check` says whether the one there is the same,
 * and fails where it is not.
 */
const path = new URL('../docs/openapi.json', import.meta.url)
const text = `${JSON.stringify(createApi().getOpenAPI31Document(documentHead), null, 2)}\n`

if (process.argv.includes('--check')) {
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (kept !== text) {
    console.error('docs/openapi.json is stale: run `npm run openapi` and commit it.')
    process.exitCode = 1
  } else console.log('docs/openapi.json is in sync.')
} else {
  await writeFile(path, text)
  console.log(`docs/openapi.json: ${Object.keys(JSON.parse(text).paths).length} paths`)
}
