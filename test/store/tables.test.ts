import { env, exports } from 'cloudflare:workers'
import { expect, test } from 'vitest'

test('the migrations make the tables', async () => {
  const { results } = await env.DB.prepare(`select name from sqlite_master where type = 'table'`).all<{
    name: string
  }>()
  expect(results.map((row) => row.name)).toContain('run_benchmarks')
  expect((await exports.default.fetch('http://assay.test/healthz')).status).toBe(200)
})
