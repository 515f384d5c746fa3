import type { ItemCounts } from '../../schema/report.ts'
import type { Run, RunReport } from '../../schema/run.ts'
import type { RunStatus } from '../../schema/states.ts'

export const counts = (total: number, done: number, error = 0): ItemCounts => ({
  total,
  scored: done - error,
  refused: 0,
  error,
  skipped: 0,
  open: total - done,
  reasons: error > 0 ? { timeout: error } : {},
})

/** A run of two benchmarks of 60 and 12 items, of which so many are done. */
export const aRun = (status: RunStatus, done: [number, number], more: Partial<Run> = {}): Run => ({
  id: 'run_01M8547GDV228PX3MNH4YBYNMQ',
  status,
  stopReason: null,
  stopDetail: null,
  target: {
    id: 'tgt_1',
    name: 'SmolLM2',
    model: 'smollm2-135m',
    dialect: 'assay',
    revision: 'r',
    deploymentId: null,
    price: null,
    capabilities: {
      text: true,
      logprobs: true,
      prompt_logprobs: true,
      full: false,
      chat: true,
      completions: true,
      promptLists: true,
      multipleSamples: true,
      seed: true,
      embeddings: false,
      entailment: false,
      tokenize: true,
      topLogprobs: 20,
      contextLength: 8192,
      promptLogprobsBy: 'score',
      batchInvariant: null,
      missing: {},
      fingerprint: 'f',
    },
  },
  roles: {},
  suite: 'core',
  seed: 0,
  budget: {},
  fresh: false,
  published: false,
  source: 'api',
  progress: { total: 72, done: done[0] + done[1] },
  benchmarks: [
    { benchmarkId: 'idk-token', size: 60, done: done[0], position: 0 },
    { benchmarkId: 'factor', size: 12, done: done[1], position: 1 },
  ].map(({ benchmarkId, size, done, position }) => ({
    benchmarkId,
    family: 'uncertainty' as const,
    version: 1,
    position,
    size,
    params: {},
    datasetId: null,
    counts: counts(size, done),
  })),
  createdAt: '2026-11-23T20:00:00.000Z',
  startedAt: '2026-11-23T20:00:01.000Z',
  finishedAt: null,
  ...more,
})

export const aReport = (): RunReport => ({
  run: aRun('degraded', [60, 12], { stopReason: 'budget_calls', stopDetail: '100 of 100' }),
  benchmarks: [
    {
      benchmarkId: 'idk-token',
      version: 1,
      title: 'I don’t know',
      params: {},
      size: 60,
      counts: counts(60, 60, 3),
      report: {
        headline: {
          id: 'idkRecall',
          title: 'Recall of IDK',
          value: 0.4213,
          interval: { low: 0.3, high: 0.55, confidence: 0.95, method: 'wilson' },
          n: 57,
          unit: 'share',
          direction: 'higher',
          reading: 'Of 100 questions that it answers wrongly, it says so before in 42.',
        },
        metrics: [
          {
            id: 'rocAuc',
            title: 'ROC AUC',
            value: null,
            reason: 'single_class',
            n: 57,
            unit: 'none',
            direction: 'higher',
          },
        ],
        curves: [],
        tables: [
          {
            id: 'strata',
            title: 'By stratum',
            columns: [{ title: 'stratum' }, { title: 'accuracy', unit: 'share' }],
            rows: [
              ['head', 0.5],
              ['tail\u001b[31m', null],
            ],
          },
        ],
        caveats: [{ code: 'lost', message: 'Items were lost.' }],
        worst: [],
      },
    },
  ],
  execution: {
    calls: 1200,
    requests: 100,
    retries: 2,
    reused: 30,
    promptTokens: 10_000,
    completionTokens: 500,
    microUsd: 1234,
    seconds: 95,
    itemsPerSecond: 1,
    determinism: {
      benchmarkId: 'factor',
      itemId: 'factor-0',
      equalText: true,
      largestLogprobDifference: 0,
      note: 'The same question twice gave the same text.',
    },
  },
})
