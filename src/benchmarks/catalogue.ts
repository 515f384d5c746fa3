import { z } from 'zod'
import { type BenchmarkSummary, type SuiteName, suiteNames } from '../../schema/benchmark.ts'
import type { AnyBenchmark } from './define.ts'
import { factor } from './hallucination/factor.ts'
import { queryPerturbation } from './hallucination/query-perturbation.ts'
import { perplexitySuite } from './likelihood/perplexity-suite.ts'
import { refusalAware } from './refusal/refusal-aware.ts'
import { adaptiveRetrieval } from './retrieval/adaptive-retrieval.ts'
import { exactMatch } from './robustness/exact-match.ts'
import { firstTokenVsText } from './robustness/first-token-vs-text.ts'
import { suites } from './suites.ts'
import { dropoutUncertainty } from './uncertainty/dropout-uncertainty.ts'
import { estimators } from './uncertainty/estimators.ts'
import { idkToken } from './uncertainty/idk-token.ts'
import { iterativePrompting } from './uncertainty/iterative-prompting.ts'
import { jointReliability } from './uncertainty/joint-reliability.ts'
import { pairCheating } from './uncertainty/pair-cheating.ts'
import { perplexityConsistency } from './uncertainty/perplexity-consistency.ts'
import { riskScores } from './uncertainty/risk-scores.ts'
import { selfEvaluation } from './uncertainty/self-evaluation.ts'
import { targetEnsemble } from './uncertainty/target-ensemble.ts'

/** Every benchmark there is. One line each: API, OpenAPI, command line, pages and docs follow from the definitions. */
export const catalogue: readonly AnyBenchmark[] = [
  idkToken,
  selfEvaluation,
  estimators,
  riskScores,
  perplexityConsistency,
  jointReliability,
  dropoutUncertainty,
  targetEnsemble,
  iterativePrompting,
  pairCheating,
  factor,
  queryPerturbation,
  refusalAware,
  firstTokenVsText,
  adaptiveRetrieval,
  perplexitySuite,
  exactMatch,
]

const byId = new Map(catalogue.map((benchmark) => [benchmark.id, benchmark]))

/** The benchmark of that id, or undefined. */
export const findBenchmark = (id: string): AnyBenchmark | undefined => byId.get(id)

const jsonSchema = (shape: z.ZodType): Record<string, unknown> => {
  const { $schema: _, ...schema } = z.toJSONSchema(shape, { io: 'input' })
  return schema
}

/** The suites that a benchmark belongs to. */
export const suitesOf = (id: string): SuiteName[] => suiteNames.filter((name) => suites[name].benchmarks.includes(id))

/** A benchmark as the catalogue lists it; calls per item are those with default parameters on a fully capable target. */
export function summarize(benchmark: AnyBenchmark): BenchmarkSummary {
  const { id, family, version, title, question, formula, source, needs, sizes } = benchmark
  return {
    id,
    family,
    version,
    title,
    question,
    formula,
    source,
    needs,
    wants: benchmark.wants ?? [],
    roles: benchmark.roles ?? [],
    params: jsonSchema(benchmark.params),
    item: jsonSchema(benchmark.item),
    callsPerItem: benchmark.callsPerItem(benchmark.params.parse({}), null),
    sizes,
    builtin: benchmark.builtin !== undefined,
    suites: suitesOf(id),
    importers: Object.keys(benchmark.importers ?? {}),
  }
}
