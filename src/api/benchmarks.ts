import { createRoute, z } from '@hono/zod-openapi'
import { benchmarkSummary, family, suiteName } from '../../schema/benchmark.ts'
import { catalogue, findBenchmark, summarize } from '../benchmarks/catalogue.ts'
import type { Api } from './environment.ts'
import { notFound, problemAnswers } from './problem.ts'

const tags = ['Benchmarks']

const list = createRoute({
  method: 'get',
  path: '/v1/benchmarks',
  tags,
  summary: 'The catalogue',
  description: 'Every benchmark with its question, formula, source, parameters and needs. Open to everybody; one page.',
  security: [],
  request: { query: z.object({ family: family.optional(), suite: suiteName.optional() }) },
  responses: {
    200: {
      description: 'In the order of the catalogue',
      content: {
        'application/json': {
          schema: z.object({ items: z.array(benchmarkSummary), next: z.null() }).meta({ id: 'BenchmarkPage' }),
        },
      },
    },
    ...problemAnswers(422),
  },
})

const show = createRoute({
  method: 'get',
  path: '/v1/benchmarks/{benchmarkId}',
  tags,
  summary: 'Show a benchmark',
  security: [],
  request: { params: z.object({ benchmarkId: z.string() }) },
  responses: {
    200: { description: 'The benchmark', content: { 'application/json': { schema: benchmarkSummary } } },
    ...problemAnswers(404),
  },
})

export function addBenchmarks(api: Api): void {
  api.openapi(list, (context) => {
    const { family, suite } = context.req.valid('query')
    const items = catalogue
      .map(summarize)
      .filter((benchmark) => family === undefined || benchmark.family === family)
      .filter((benchmark) => suite === undefined || benchmark.suites.includes(suite))
    return context.json({ items, next: null }, 200)
  })

  api.openapi(show, (context) => {
    const benchmark = findBenchmark(context.req.valid('param').benchmarkId)
    if (!benchmark) throw notFound('benchmark')
    return context.json(summarize(benchmark), 200)
  })
}
