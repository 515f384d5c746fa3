import { describe, expect, it } from 'vitest'
import { createApi } from '../../src/api/app.ts'
import { collect, createClient } from '../../src/client/client.ts'
import { modelKey, modelUrl, serveHosts } from './model-server.ts'
import { newTenant, quietEnv, workOff } from './tenant.ts'

describe('the client on the real API', () => {
  it('registers a target, runs on items of its own, follows to the end and reads everything', async () => {
    serveHosts()
    const { key } = await newTenant()
    const api = createApi()
    const client = createClient({
      baseUrl: 'https://assay.test',
      apiKey: key,
      fetch: async (url, init) => api.request(url, init, quietEnv),
    })
    expect(await client.health()).toMatchObject({ status: 'ok' })
    const target = await client.targets.create({
      name: 'Test model',
      baseUrl: modelUrl,
      model: 'test-model',
      dialect: 'vllm',
      apiKey: modelKey,
    })
    const items = [1, 2, 3].map((n) =>
      JSON.stringify({ id: `i${n}`, prompt: `What is ${n} + 1?`, answers: [`${n + 1}`] }),
    )
    const dataset = await client.datasets.create(
      { benchmark: 'exact-match', name: 'Mine' },
      new Blob([items.join('\n')]).stream(),
      'application/x-ndjson',
    )
    expect((await client.datasets.items(dataset.id)).items.map(({ itemId }) => itemId)).toEqual(['i1', 'i2', 'i3'])
    const benchmarks = [{ id: 'exact-match', datasetId: dataset.id }]
    const run = await client.runs.create({ targetId: target.id, benchmarks }, { idempotencyKey: 'one' })
    const [states] = await Promise.all([collect(client.runs.follow(run.id)), workOff(run.id)])
    expect(states.at(-1)).toMatchObject({ id: run.id, status: 'done', progress: { total: 3, done: 3 } })
    const report = await client.runs.report(run.id)
    expect(report.benchmarks[0]?.report.headline.n).toBe(3)
    const rows = await collect(client.runs.allRows(run.id))
    expect(rows.map(({ itemId }) => itemId)).toEqual(['i1', 'i2', 'i3'])
    const exported = await (await client.runs.exportRows(run.id, { format: 'jsonl' })).arrayBuffer()
    const lines = new TextDecoder().decode(exported).trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line))).toEqual(rows)
    expect((await client.runs.evidence(run.id, 'exact-match', 0)).exchanges).not.toHaveLength(0)
    await expect(client.runs.get('run_none')).rejects.toMatchObject({ status: 404, code: 'not-found' })
  })
})
