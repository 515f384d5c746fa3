import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BenchmarkReport, benchmarkReport } from '../../schema/report.ts'
import { findBenchmark } from '../../src/benchmarks/catalogue.ts'
import type { Row } from '../../src/benchmarks/define.ts'
import { freePort } from '../../src/cli/demo/ports.ts'
import { stop } from '../../src/cli/demo/processes.ts'
import { startBackend, untilHealthy } from '../../src/cli/demo/servers.ts'
import { randomFrom } from '../../src/methods/random.ts'
import type { TargetConnection } from '../../src/model/connection.ts'
import { ModelError } from '../../src/model/errors.ts'
import { probeTarget } from '../../src/model/probe.ts'
import { createModel } from '../../src/model/session.ts'

/** Benchmarks asked of a served model folder: the real server, the real port, the real definitions. */
export interface Reader {
  /** One benchmark's report over the named items (all of them where none are), and why items were lost. */
  read(
    benchmarkId: string,
    ids?: readonly string[],
    options?: { seed?: number; members?: readonly Reader[] },
  ): Promise<{ report: BenchmarkReport; lost: string[] }>
  /** For readings of several models together. */
  target: TargetConnection
  close(): Promise<void>
}

/** Serves a variant's folder by gpu-backend and probes it. Raises where it cannot be served. */
export async function serve(python: string, folder: string, worldFolder: string, threads = 1): Promise<Reader> {
  const port = await freePort(20_000 + Math.floor(Math.random() * 20_000))
  const backend = startBackend(python, port, ['--model', folder, '--memory', '2', '--threads', String(threads)])
  await untilHealthy(backend, `http://127.0.0.1:${port}/healthz`, 120)
  const target: TargetConnection = {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    model: folder.split('/').at(-1) as string,
    dialect: 'assay',
    apiKey: null,
    limits: {},
    reasoningTags: [],
    price: null,
    capabilities: null,
    allowPrivate: true,
  }
  target.capabilities = await probeTarget(target)
  const forms = JSON.parse(readFileSync(join(worldFolder, 'items', 'forms.json'), 'utf8'))
  const itemsOf = (id: string): { id: string }[] =>
    readFileSync(join(worldFolder, 'items', `${id}.jsonl`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))

  return {
    target,
    async read(benchmarkId, ids, { seed = 0, members = [] } = {}) {
      const benchmark = findBenchmark(benchmarkId)
      if (!benchmark) throw new RangeError(`There is no benchmark ${benchmarkId}.`)
      const session = createModel({ target, seed, maxConnections: 8 })
      // Members of an ensemble take the roles member2, member3 and so on.
      const others = members.map((one) => createModel({ target: one.target, seed, maxConnections: 8 }))
      const params = benchmark.params.parse(forms.params[benchmarkId])
      const wanted = ids && new Set(ids)
      const items = itemsOf(benchmarkId).filter((item) => !wanted || wanted.has(item.id))
      const lost: string[] = []
      const rows = await Promise.all(
        items.map(async (given, index): Promise<Row<unknown>> => {
          const item = benchmark.item.parse(given)
          const place = { index, itemId: given.id, cluster: item.cluster ?? null }
          try {
            const { status, score, reason, detail } = await benchmark.evaluate({
              item,
              target: session.forItem(given.id),
              roles: Object.fromEntries(others.map((one, at) => [`member${at + 2}`, one.forItem(given.id)])),
              retriever: null,
              params,
              random: randomFrom(seed, benchmarkId, given.id),
            })
            return { ...place, status, score, reason: reason ?? null, detail }
          } catch (error) {
            if (!(error instanceof ModelError)) throw error
            lost.push(`${given.id}: ${error.kind}: ${error.message}`)
            return { ...place, status: 'error', score: null, reason: error.kind, detail: null }
          }
        }),
      )
      const report = benchmark.report(rows, { params, seed, capabilities: session.capabilities })
      return { report: benchmarkReport.parse(JSON.parse(JSON.stringify(report))), lost }
    },
    close: () => stop(backend),
  }
}
