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
/** Benchmarks that the real model is asked in the standard's words as well, so that it stands beside the family. */
const alsoReal = ['exact-match', 'factor', 'idk-token']

interface Forms {
  params: Record<string, Record<string, unknown>>
  outOfWorld: Record<string, string>
}

/** What the family is measured with, and the real model that stands beside it. */
interface Measuring {
  client: Client
  python: string
  seed: number
  say: (line: string) => void
  /** Target of the real model, served still. */
  real: string
  /** Where the pages are. */
  address: string
}

/**
 * Measures the reference family and publishes it beside the real model: trains what is not kept yet, uploads each
 * benchmark's items in the standard's words, makes one published run per variant, and says where each benchmark's board
 * is: numbers on the standard's own questions are no numbers on the built-in ones. Returns whether all finished.
 */
export async function measureFamily({ client, python, seed, say, real, address }: Measuring): Promise<boolean> {
  const world = await exportedWorld(false)
  const forms = JSON.parse(readFileSync(join(world, 'items', 'forms.json'), 'utf8')) as Forms
  const benchmarks = await uploads(client, world, forms)
  for (const [id, reason] of Object.entries(forms.outOfWorld)) say(`Not in the standard’s words: ${id}. ${reason}`)
  say('\nThe real model in the standard’s words, of which it was told nothing')
  const some = benchmarks.filter(({ id }) => alsoReal.includes(id))
  let finished = await follow(client, { targetId: real, benchmarks: some, seed, published: true })
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
      const done = await follow(client, { targetId: target.id, benchmarks, seed, published: true })
      finished = finished && done
    } finally {
      await stop(backend)
    }
  }
  say('\nThe family on the leaderboard, by benchmark')
  const width = Math.max(...benchmarks.map(({ id }) => id.length))
  for (const { id, datasetId } of benchmarks)
    say(`  ${id.padEnd(width)}  ${address}/?benchmark=${id}&datasetId=${datasetId}`)
  return finished
}

/** A run from its start to its end; whether it was measured whole. */
async function follow(client: Client, request: Parameters<Client['runs']['create']>[0]): Promise<boolean> {
  const run = await client.runs.create(request)
  const progress = createProgress(process.stderr)
  let { status } = run
  for await (const seen of client.runs.follow(run.id)) {
    status = seen.status
    progress.show(seen)
  }
  return status === 'done'
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
