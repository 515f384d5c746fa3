import './src/cli/setup/assets.mjs'
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

const migrations = await readD1Migrations('migrations')

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          // Whole benchmarks run here: on a busy machine five seconds are too few.
          testTimeout: 30_000,
          include: ['test/{methods,worlds,benchmarks,schema,model,cli,client,lint,servers,truth}/**/*.test.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: migrations,
                BOOTSTRAP_SECRET: 'bootstrap-secret-of-the-tests',
                ENCRYPTION_KEY: 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
                ALLOW_PRIVATE_TARGETS: 'true',
                MAX_CONNECTIONS: '64',
              },
              // One that a few requests reach.
              ratelimits: { TEST_LIMIT: { namespace_id: '1', simple: { limit: 3, period: 60 } } },
            },
          }),
        ],
        test: {
          name: 'edge',
          // One worker for all files: storage is reset after each test anyway, and starting costs a second a file.
          isolate: false,
          include: ['test/{api,pages,runs,store,hooks}/**/*.test.{ts,tsx}'],
          setupFiles: ['test/edge/migrate.ts'],
        },
      },
      {
        test: {
          name: 'browser',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'end-to-end',
          environment: 'node',
          include: ['test/end-to-end/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 600_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
})
