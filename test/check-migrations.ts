import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Refuses what D1 cannot bear: migrations that delete children (cascades) or rebuild a table drizzle-kit's way, a schema
 * without its migration, and drizzle's `transaction`. `node test/check-migrations.ts`; exit status 1 with what to do.
 */

const root = fileURLToPath(new URL('..', import.meta.url))
const problems: string[] = []

/** What is wrong with a migration's text. */
export function migrationProblems(file: string, text: string): string[] {
  const found: string[] = []
  if (/on\s+delete\s+(cascade|set)/i.test(text))
    found.push(`${file}: ON DELETE CASCADE or SET deletes or changes children when D1 rebuilds a table; use no action.`)
  if (/__new_/.test(text))
    found.push(
      `${file}: drizzle-kit's table rebuild (__new_…) fails on D1 or loses child rows. Rewrite it before it lands: ` +
        `PRAGMA defer_foreign_keys = on; copy the table aside, drop it, create it anew, copy back, drop the copy.`,
    )
  return found
}

for (const file of globSync('migrations/*.sql', { cwd: root }))
  problems.push(...migrationProblems(file, readFileSync(join(root, file), 'utf8')))

for (const file of globSync('src/**/*.{ts,tsx}', { cwd: root }))
  if (/\.transaction\s*\(/.test(readFileSync(join(root, file), 'utf8')))
    problems.push(`${file}: D1 has no interactive transactions; put the statements into one db.batch().`)

const copy = mkdtempSync(join(tmpdir(), 'assay-migrations-'))
try {
  const out = join(copy, 'migrations')
  cpSync(join(root, 'migrations'), out, { recursive: true })
  const before = readdirSync(out).length
  const kit = join(root, 'node_modules', 'drizzle-kit', 'bin.cjs')
  const schema = join(root, 'schema', 'tables.ts')
  execFileSync(process.execPath, [kit, 'generate', '--dialect', 'sqlite', '--schema', schema, '--out', out], {
    cwd: copy,
    stdio: 'pipe',
  })
  if (readdirSync(out).length !== before)
    problems.push('schema/tables.ts has changed without a migration: npx drizzle-kit generate --name <what changes>')
} finally {
  rmSync(copy, { recursive: true, force: true })
}

for (const problem of problems) console.error(problem)
console.log(problems.length === 0 ? 'migrations: in order' : `migrations: ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
