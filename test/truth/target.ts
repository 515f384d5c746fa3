import type { BenchmarkReport } from '../../schema/report.ts'
import type { AnyBenchmark, Row } from '../../src/benchmarks/define.ts'
import { randomFrom } from '../../src/methods/random.ts'
import type { TargetConnection, Transport } from '../../src/model/connection.ts'
import { probeTarget } from '../../src/model/probe.ts'
import { createModel, type ModelSession } from '../../src/model/session.ts'
import { type Belief, knownAnswers, startKnownServer } from '../servers/known-distribution.ts'

/** A target whose uncertainty is known, asked through the real port. */
export interface KnownTarget {
  /** A fresh session: nothing is remembered of an earlier one. */
  session(seed: number): ModelSession
  close(): Promise<void>
}

/** Many small answers come at once from a server that does not wait: long lists and many connections. */
const limits = { maxBatch: 256, maxConnections: 16 }

const connectionTo = (baseUrl: string): TargetConnection => ({
  baseUrl,
  model: 'known-distribution',
  dialect: 'openai',
  apiKey: null,
  limits,
  reasoningTags: [],
  price: null,
  capabilities: null,
  allowPrivate: true,
})

/** Starts the server, probes it as any other target, and opens it. */
export async function openTarget(belief: Belief): Promise<KnownTarget> {
  const server = await startKnownServer({ belief })
  const connection = connectionTo(server.url)
  const target = { ...connection, capabilities: await probeTarget(connection) }
  return {
    session: (seed) => createModel({ target, seed, maxConnections: limits.maxConnections }),
    close: () => server.close(),
  }
}

/** The same without a socket, for populations too large for one. */
export async function openInProcess(belief: Belief): Promise<KnownTarget> {
  const answer = knownAnswers({ belief })
  const transport: Transport = async (url, { body }) => {
    const { status, value } = answer(new URL(url).pathname, typeof body === 'string' ? body : '')
    return Response.json(value, { status })
  }
  const connection = connectionTo('http://known.example/v1')
  const target = { ...connection, capabilities: await probeTarget(connection, { transport }) }
  return {
    session: (seed) => createModel({ target, transport, seed, maxConnections: limits.maxConnections }),
    close: async () => {},
  }
}

/** A trial of one benchmark on given items. */
export interface Trial {
  benchmark: AnyBenchmark
  items: readonly { id: string }[]
  params?: Record<string, unknown>
  seed: number
}

/** Evaluates items side by side, as a run does. Raises on the first item that fails. */
export async function evaluate(target: KnownTarget, trial: Trial): Promise<Row<unknown>[]> {
  const { benchmark, seed } = trial
  const session = target.session(seed)
  const params = benchmark.params.parse(trial.params ?? {})
  return Promise.all(
    trial.items.map(async (given, index): Promise<Row<unknown>> => {
      const item = benchmark.item.parse(given)
      const outcome = await benchmark.evaluate({
        item,
        target: session.forItem(item.id),
        roles: {},
        retriever: null,
        params,
        random: randomFrom(seed, benchmark.id, item.id),
      })
      const { status, score, reason = null, detail } = outcome
      return { index, itemId: item.id, cluster: item.cluster ?? null, status, score, reason, detail }
    }),
  )
}

/** The report of evaluated rows. */
export const reportOf = (
  target: KnownTarget,
  { benchmark, params, seed }: Trial,
  rows: Row<unknown>[],
): BenchmarkReport =>
  benchmark.report(rows, {
    params: benchmark.params.parse(params ?? {}),
    seed,
    capabilities: target.session(seed).capabilities,
  })

/** Items evaluated at once of a population too large for the memory. */
const PART = 3000

/** As `evaluate` of a target without a socket, part by part: what is not kept of one is forgotten before the next. */
export async function evaluateInParts<Kept>(
  belief: Belief,
  trial: Trial,
  keep: (rows: Row<unknown>[]) => Kept[],
): Promise<Kept[]> {
  const target = await openInProcess(belief)
  const kept: Kept[] = []
  for (let start = 0; start < trial.items.length; start += PART) {
    const rows = await evaluate(target, { ...trial, items: trial.items.slice(start, start + PART) })
    for (const one of keep(rows.map((row) => ({ ...row, index: start + row.index })))) kept.push(one)
  }
  return kept
}
