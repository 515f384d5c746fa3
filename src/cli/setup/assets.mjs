// Lays the reference reader's script into dist/assets, so that the Worker serves it itself instead of a CDN.
import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')
const from = join(root, 'node_modules/@scalar/api-reference/dist/browser/standalone.js')
const to = join(root, 'dist/assets/assets/scalar.js')

mkdirSync(dirname(to), { recursive: true })
if (!existsSync(to) || statSync(to).size !== statSync(from).size) copyFileSync(from, to)
