import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { dialectName } from '../../../schema/capabilities.ts'
import { record } from './recording.ts'

/**
 * Records how a real server answers the conformance questions, for owners of such servers:
 * `npm run record -- --base-url http://127.0.0.1:8000/v1 --model m --dialect vllm --server "vLLM 0.32, H100"`.
 * Then `npm run format`, and the suite asks it with the others. The key is read from the environment variable that `--key-env` names, and appears nowhere in the file.
 */
const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    'base-url': text,
    model: text,
    dialect: text,
    server: text,
    'key-env': text,
    name: text,
    out: text,
  },
})
const dialect = dialectName.safeParse(values.dialect)
const { 'base-url': baseUrl, model } = values
if (baseUrl === undefined || model === undefined || !dialect.success) {
  console.error(
    `Usage: npm run record -- --base-url URL --model NAME --dialect ${dialectName.options.join('|')} [--server "what serves it"] [--key-env VARIABLE] [--name FILE] [--out FOLDER]`,
  )
  process.exit(2)
}
const apiKey = values['key-env'] === undefined ? null : (process.env[values['key-env']] ?? null)
const recording = await record({ baseUrl, model, dialect: dialect.data, apiKey }, values.server ?? '', (url, init) =>
  fetch(url, init),
)
const name = values.name ?? `${dialect.data}-${model.replace(/[^A-Za-z0-9._-]+/g, '-')}`
const file = join(values.out ?? join(import.meta.dirname, 'recordings'), `${name}.json`)
writeFileSync(file, `${JSON.stringify(recording, null, 2)}\n`)
const failed = Object.entries(recording.answers).filter(([, answer]) => Object.hasOwn(answer as object, 'error'))
console.log(`${recording.exchanges.length} exchanges -> ${file}`)
for (const [question, answer] of failed) console.log(`  ${question}: ${JSON.stringify(answer)}`)
for (const [capability, reason] of Object.entries(recording.capabilities.missing))
  console.log(`  no ${capability}: ${reason}`)
