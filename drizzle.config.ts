import { defineConfig } from 'drizzle-kit'

/** drizzle-kit only writes migrations; wrangler applies them. */
export default defineConfig({ dialect: 'sqlite', schema: './schema/tables.ts', out: './migrations' })
