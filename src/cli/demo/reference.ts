import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Client } from '../../client/client.ts'
import { createProgress } from '../progress.ts'
import { exportedWorld, trained } from '../reference/standard.ts'
import { SetupError } from '../setup/root.ts'
import { freePort } from './ports.ts'
import { stop } from './processes.ts'
import { startBackend, untilHealthy } from './servers.ts'

/** Members of the family that a leaderboard tells apart at a glance. */
const shown = ['base', 'idk', 'refusal-tuned', 'pairs', 'overconfident', 'calibrated', 'rounded-3', 'edited']
/** Two cores train a variant within minutes and answer these within one. */
const itemsEach = 40
const loadSeconds = 300

interface Forms {
  params: Record<string, Record<string, unknown>>
  outOfWorld: Record<string, string>
}

/**
 * Measures the reference family and publishes it beside the real model: trains what is not kept yet, uploads each
 * benchmark's items in the standard's words, and makes one published run per variant. Returns whether all finished.
 */
export async function measureFamily(
  client: Client,
  python: string,
  seed: number,
  say: (line: string) => void,
): Promise<boolean> {
  const world = await exportedWorld(false)
  const forms = JSON.parse(readFileSync(join(world, 'items', 'forms.json'), 'utf8')) as Forms
  const benchmarks = await uploads(client, world, forms)
  for (const [id, reason] of Object.entries(forms.outOfWorld)) say(`Not in the standard’s words: ${id}. ${reason}`)
  let finished = true
  for (const variant of shown) {
    say(`\nReference ${variant}: training (once; it is kept) …`)
    const folder = await trained(python, variant, 0, false)
    const port = await freePort(18_000)
    const backend = startBackend(python, port, ['--model', folder, '--memory', '2'])
    try {
      await untilHealthy(backend, `http://127.0.0.1:${port}/healthz`, loadSeconds)
      const target = await client.targets.create({
        name: `Reference: ${variant}`,
        baseUrl: `http://127.0.0.1:${port}/v1`,
        model: `reference-${variant}-0`,
        dialect: 'assay',
        limits: { maxConnections: 4, maxBatch: 16, requestTimeoutSeconds: 300 },
      })
      if (!target.capabilities)
        throw new SetupError(`The probe of ${variant} failed: ${target.probeError}`, `Its log: ${backend.logFile}`)
      const run = await client.runs.create({ targetId: target.id, benchmarks, seed, published: true })
      const progress = createProgress(process.stderr)
      let last = run
      for await (const seen of client.runs.follow(run.id)) {
        last = seen
        progress.show(seen)
      }
      finished = finished && last.status === 'done'
    } finally {
      await stop(backend)
    }
  }
  return finished
}

/** One data set for each benchmark that has items in the standard's words. */
async function uploads(client: Client, world: string, forms: Forms) {
  return Promise.all(
    Object.entries(forms.params).map(async ([id, params]) => {
      const lines = readFileSync(join(world, 'items', `${id}.jsonl`), 'utf8')
        .trim()
        .split('\n')
      // Items stand class by class: every k-th keeps the classes in their shares.
      const step = Math.max(1, Math.floor(lines.length / itemsEach))
      const some = lines.filter((_, place) => place % step === 0)
      const query = { benchmark: id, name: `reference ${id}` }
      const dataset = await client.datasets.create(query, `${some.join('\n')}\n`, 'application/x-ndjson')
      return { id, params, datasetId: dataset.id, size: some.length }
    }),
  )
}
