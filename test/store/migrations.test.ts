import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'

const count = async (table: string) =>
  (await env.DB.prepare(`select count(*) as n from ${table}`).first<{ n: number }>())?.n

/** A parent with a child, and a child of that. */
async function fill(): Promise<void> {
  await env.DB.batch([
    env.DB.prepare(`insert into tenants (id, name, created_at) values ('ten_1', 't', 0)`),
    env.DB.prepare(
      `insert into targets (id, tenant_id, name, base_url, model, dialect, limits, reasoning_tags, created_at, updated_at)
       values ('tgt_1', 'ten_1', 't', 'http://x', 'm', 'openai', '{}', '[]', 0, 0)`,
    ),
    env.DB.prepare(
      `insert into runs (id, tenant_id, target_id, target_revision, target, seed, status, budget, fresh, published,
         source, items_total, created_at, woken_at)
       values ('run_1', 'ten_1', 'tgt_1', 'r', '{}', 0, 'queued', '{}', 0, 0, 'api', 1, 0, 0)`,
    ),
  ])
}

test('a child without its parent, and an unknown state, are refused', async () => {
  await fill()
  await expect(env.DB.prepare(`delete from targets`).run()).rejects.toThrow(/FOREIGN KEY/)
  await expect(env.DB.prepare(`update runs set target_id = 'tgt_2'`).run()).rejects.toThrow(/FOREIGN KEY/)
  await expect(env.DB.prepare(`update runs set status = 'lost'`).run()).rejects.toThrow(/CHECK/)
  await expect(env.DB.prepare(`update targets set dialect = 'telex'`).run()).rejects.toThrow(/CHECK/)
  expect([await count('targets'), await count('runs')]).toEqual([1, 1])
})

test('the migrations stand over data: applied once more to a full database they change nothing', async () => {
  await fill()
  const { applyD1Migrations } = await import('cloudflare:test')
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
  expect([await count('tenants'), await count('targets'), await count('runs')]).toEqual([1, 1, 1])
})

test('a table is rebuilt over parents and children by copying it aside and back under deferred foreign keys', async () => {
  await fill()
  const columns = 'id, tenant_id, name, base_url, model, dialect, limits, reasoning_tags, created_at, updated_at'
  const { sql } = (await env.DB.prepare(`select sql from sqlite_master where name = 'targets'`).first<{
    sql: string
  }>()) ?? {
    sql: '',
  }
  await env.DB.batch([
    env.DB.prepare('pragma defer_foreign_keys = on'),
    env.DB.prepare(`create table targets_aside as select ${columns} from targets`),
    env.DB.prepare('drop table targets'),
    env.DB.prepare(sql),
    env.DB.prepare(`insert into targets (${columns}) select ${columns} from targets_aside`),
    env.DB.prepare('drop table targets_aside'),
  ])
  expect([await count('targets'), await count('runs')]).toEqual([1, 1])
  const { results } = await env.DB.prepare('pragma foreign_key_check').all()
  expect(results).toEqual([])
})
