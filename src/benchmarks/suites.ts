import type { SuiteName } from '../../schema/benchmark.ts'
import { PARTS } from './uncertainty/estimators.evidence.ts'

export type SuiteSize = 'smoke' | 'demo' | 'full'

export interface Suite {
  title: string
  benchmarks: string[]
  defaultSize: 'smoke' | 'demo'
  /** Parameters that a size sets where the request leaves them out: small runs ask less of each item. */
  params: Partial<Record<SuiteSize, Record<string, Record<string, unknown>>>>
}

/** What a run on a small machine can afford. Whatever is left out is null with its reason, never approximated. */
const modest: Record<string, Record<string, unknown>> = {
  'idk-token': { samples: 0, askTruth: false, maxTokens: 12 },
  'self-evaluation': { maxTokens: 16, longShare: 0, evalVariants: [], level: 'easy' },
  'query-perturbation': { paraphrases: 'rules', maxTokens: 10 },
  'refusal-aware': { maxTokens: 12 },
  'first-token-vs-text': { maxTokens: 20 },
  'adaptive-retrieval': { samples: 5, passages: 2, maxTokens: 12, corpusSize: 400, askTruth: false },
  'perplexity-suite': { maxBytes: 600 },
  estimators: {
    maxTokens: 12,
    verdicts: 5,
    passes: 5,
    level: 'easy',
    // Judged by the model itself, entailment of all pairs costs more than all the rest together.
    parts: PARTS.filter((part) => !['entailment', 'alternatives', 'similarity'].includes(part)),
  },
  'iterative-prompting': { maxTokens: 12, mostClasses: 5, askTruth: false, amplification: false },
  'perplexity-consistency': { samples: 8, maxTokens: 48, level: 'easy' },
  'joint-reliability': { kinds: ['typo', 'word-drop'], severities: [1, 3, 5], level: 'easy' },
  'dropout-uncertainty': { passes: 10, otherRates: [], maxTokens: 12, level: 'easy' },
  'target-ensemble': { level: 'easy' },
}

/** All that asks how sure a model is, and whether it is right to be. */
const uncertainty = [
  'estimators',
  'idk-token',
  'self-evaluation',
  'iterative-prompting',
  'pair-cheating',
  'risk-scores',
  'perplexity-consistency',
  'joint-reliability',
  'target-ensemble',
  'dropout-uncertainty',
]

const core = [
  'idk-token',
  'self-evaluation',
  'factor',
  'query-perturbation',
  'refusal-aware',
  'first-token-vs-text',
  'adaptive-retrieval',
  'perplexity-suite',
]

/** Named lists of benchmarks. */
export const suites: Record<SuiteName, Suite> = {
  core: {
    title: 'One benchmark of each kind',
    benchmarks: core,
    defaultSize: 'demo',
    params: { smoke: modest, demo: modest },
  },
  uncertainty: {
    title: 'How sure it is, and whether it is right to be',
    benchmarks: uncertainty,
    defaultSize: 'demo',
    params: { smoke: modest, demo: modest },
  },
  smoke: {
    title: 'A first look in seconds',
    benchmarks: ['idk-token', 'factor', 'refusal-aware', 'perplexity-suite'],
    defaultSize: 'smoke',
    params: { smoke: modest, demo: modest },
  },
}

/** The parameters that a suite sets for a benchmark at a size; those of a request go before them. */
export const suiteParams = (suite: SuiteName, benchmarkId: string, size: SuiteSize | number): Record<string, unknown> =>
  (typeof size === 'number' ? undefined : suites[suite].params[size]?.[benchmarkId]) ?? {}
