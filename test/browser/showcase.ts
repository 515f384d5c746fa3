import type { BenchmarkReport, Metric } from '../../schema/report.ts'
import { randomFrom } from '../../src/methods/random.ts'
import type { Database } from '../../src/store/database.ts'
import { reportOf, type SeededBenchmark, seedRun, seedTarget, seedTenant, share } from '../pages/seed.ts'

/** A board such as a team would have after some weeks: several models, eight benchmarks, every kind of plot and table. */

const models = [
  { name: 'SmolLM2-135M-Instruct', model: 'HuggingFaceTB/SmolLM2-135M-Instruct', skill: 0.24 },
  { name: 'support-bot staging', model: 'qwen3-1.7b-instruct', skill: 0.47 },
  { name: 'llama-3.2-3b', model: 'meta-llama/Llama-3.2-3B-Instruct', skill: 0.56 },
  { name: 'mistral-7b-v0.3', model: 'mistralai/Mistral-7B-Instruct-v0.3', skill: 0.64 },
  { name: 'gateway/large', model: 'large-2026-10', skill: 0.78 },
]

interface Kind {
  id: string
  family: SeededBenchmark['family']
  title: string
  headline: (skill: number, random: () => number) => Metric
  size: number
}

const bounded = (value: number) => Math.min(0.97, Math.max(0.02, value))
const shareKind = (id: string, title: string) => (skill: number, random: () => number) =>
  share(bounded(skill + (random() - 0.5) * 0.2), 0.05 + random() * 0.07, { id, title, n: 57 })

const kinds: Kind[] = [
  {
    id: 'idk-token',
    family: 'uncertainty',
    title: '“I don’t know” where it would be wrong',
    headline: shareKind('idkRecallAtError5', 'IDK-recall at 5 % IDK-error'),
    size: 60,
  },
  {
    id: 'self-evaluation',
    family: 'uncertainty',
    title: 'Grading its own candidate answers',
    headline: (skill, random) => {
      const value = (skill - 0.4) * 0.4 + (random() - 0.5) * 0.1
      return share(null, 0, {
        id: 'selectiveAucGain',
        title: 'Selective AUC over perplexity',
        unit: 'none',
        value,
        interval: { low: value - 0.07, high: value + 0.08, confidence: 0.95, method: 'bootstrap' },
        n: 41,
      })
    },
    size: 60,
  },
  {
    id: 'factor',
    family: 'hallucination',
    title: 'True against similar false continuations',
    headline: shareKind('accuracy', 'Accuracy'),
    size: 60,
  },
  {
    id: 'query-perturbation',
    family: 'hallucination',
    title: 'The same question in other words',
    headline: (skill, random) =>
      share(bounded(1 - skill + (random() - 0.5) * 0.1), 0.09, {
        id: 'hallucinationRate',
        title: 'Mean hallucination rate',
        direction: 'lower',
        n: 12,
      }),
    size: 12,
  },
  {
    id: 'refusal-aware',
    family: 'refusal',
    title: 'Answering what it knows, refusing what it does not',
    headline: shareKind('averagePrecision', 'Average precision of its certainty'),
    size: 60,
  },
  {
    id: 'first-token-vs-text',
    family: 'robustness',
    title: 'First token against text answer',
    headline: (skill, random) =>
      share(bounded((1 - skill) * 0.6 + random() * 0.1), 0.08, {
        id: 'mismatch',
        title: 'Mismatch of first token and text',
        direction: 'lower',
        n: 55,
      }),
    size: 60,
  },
  {
    id: 'adaptive-retrieval',
    family: 'retrieval',
    title: 'Knowing when to look things up',
    headline: (skill, random) =>
      skill < 0.3
        ? share(null, 0, {
            id: 'gapClosed',
            title: 'Share of the never-to-oracle gap closed',
            reason: 'too_few',
            n: 12,
            unit: 'ratio',
          })
        : share(bounded(skill - 0.2 + random() * 0.3), 0.21, {
            id: 'gapClosed',
            title: 'Share of the never-to-oracle gap closed',
            n: 12,
            unit: 'ratio',
          }),
    size: 12,
  },
  {
    id: 'perplexity-suite',
    family: 'likelihood',
    title: 'Surprise at real text',
    headline: (skill, random) => {
      const value = 1.35 - skill * 0.7 + random() * 0.05
      return share(null, 0, {
        id: 'bitsPerByte',
        title: 'Bits per byte',
        unit: 'bits/byte',
        direction: 'lower',
        value,
        reason: undefined,
        interval: { low: value - 0.05, high: value + 0.06, confidence: 0.95, method: 'cluster-bootstrap' },
        n: 60,
      })
    },
    size: 60,
  },
]

const longAnswer = `The capital of the Republic of Veloria is, to the best of my knowledge, Port Amsel. ${'It was founded by river traders and grew around the ford that later gave the old town its name. '.repeat(9)}\n\nI hope this helps!`
export const hostileAnswer =
  '<script>document.body.innerHTML = "taken over"</script><img src=x onerror=alert(1)> Lisbon'

/** A report with every kind of curve, table, caveat and item. */
function fullReport(headline: Metric, random: () => number): BenchmarkReport {
  const steps = Array.from({ length: 21 }, (_, place) => place / 20)
  const wobble = (value: number, by = 0.05) => Math.min(1, Math.max(0, value + (random() - 0.5) * by))
  const band = (points: [number, number][], half: number): [number, number][] =>
    points.map(([, y]) => [Math.max(0, y - half), Math.min(1, y + half)])
  const falling = steps.map((x): [number, number] => [x, wobble(0.95 - 0.55 * x ** 1.5)])
  const flat = steps.map((x): [number, number] => [x, wobble(0.52 - 0.05 * x)])
  const calibration: [number, number][] = [0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95].map((x) => [
    x,
    wobble(0.2 + x * 0.55, 0.12),
  ])
  return reportOf(headline, {
    metrics: [
      share(0.412, 0.11, { id: 'baselineAccuracy', title: 'Accuracy when it must answer' }),
      share(0.733, 0.08, { id: 'precision', title: 'Precision of given answers', n: 44 }),
      share(0.061, 0.05, {
        id: 'idkError',
        title: 'IDK-error: would-be right answers turned into IDK',
        direction: 'lower',
        note: 'On the report fold, at an IDK mass of 0.0317 (fitted on the calibration fold).',
      }),
      share(null, 0, { id: 'rocAuc', title: 'ROC AUC of the IDK mass for errors', reason: 'single_class' }),
      share(null, 0, {
        id: 'spread',
        title: 'Agreement spread',
        unit: 'points',
        value: -4.2,
        interval: { low: -9.9, high: 1.4, confidence: 0.95, method: 'bootstrap' },
      }),
      share(null, 0, {
        id: 'truncated',
        title: 'Items whose mass lies below the top-k',
        unit: 'count',
        direction: 'neutral',
        value: 7,
        interval: null,
      }),
    ],
    curves: [
      {
        id: 'selective',
        title: 'Quality of what it keeps as it answers more',
        x: { title: 'Share answered', domain: [0, 1] },
        y: { title: 'Mean quality of the answered', domain: [0, 1] },
        kind: 'line',
        series: [
          { name: 'Hybrid with none of the above', points: falling, band: band(falling, 0.08) },
          { name: 'Perplexity', points: flat, band: band(flat, 0.06) },
          { name: 'Oracle', points: steps.map((x) => [x, Math.min(1, 1.2 - 0.7 * x)]) },
        ],
      },
      {
        id: 'calibration',
        title: 'Stated certainty against how often it is right',
        x: { title: 'Certainty', domain: [0, 1] },
        y: { title: 'Share right', domain: [0, 1] },
        kind: 'scatter',
        series: [{ name: 'Deciles', points: calibration, band: band(calibration, 0.09) }],
        reference: 'diagonal',
      },
      {
        id: 'margins',
        title: 'Margin of the true continuation',
        x: { title: 'Margin, nats per token' },
        y: { title: 'Items' },
        kind: 'bars',
        series: [
          {
            name: 'Items',
            points: Array.from({ length: 15 }, (_, place) => [
              place * 0.5 - 3,
              Math.round(14 * Math.exp(-((place - 8) ** 2) / 9) + random() * 2),
            ]),
          },
        ],
      },
      {
        id: 'positions',
        title: 'Chosen letter by position, against chance',
        x: { title: 'Position' },
        y: { title: 'Share chosen', domain: [0, 1] },
        kind: 'bars',
        categories: ['A', 'B', 'C', 'D', 'None of the above'],
        series: [
          {
            name: 'First token',
            points: [
              [0, 0.46],
              [1, 0.22],
              [2, 0.17],
              [3, 0.1],
              [4, 0.05],
            ],
          },
          {
            name: 'Text answer',
            points: [
              [0, 0.3],
              [1, 0.24],
              [2, 0.23],
              [3, 0.2],
              [4, 0.03],
            ],
          },
        ],
        reference: 0.2,
      },
      {
        id: 'survival',
        title: 'Right answers still given after each rewording',
        x: { title: 'Rewordings' },
        y: { title: 'Share still right', domain: [0, 1] },
        kind: 'step',
        series: [
          {
            name: 'Perturbed',
            points: [
              [0, 1],
              [1, 0.74],
              [2, 0.61],
              [3, 0.55],
              [4, 0.5],
              [5, 0.47],
              [6, 0.47],
            ],
          },
        ],
      },
      {
        id: 'domains',
        title: 'Surprise by domain',
        x: { title: 'Domain' },
        y: { title: 'Bits per byte' },
        kind: 'bars',
        categories: ['code', 'dialogue', 'legal', 'tables', 'narrative', 'letters', 'science', 'generated grammar'],
        series: [
          {
            name: 'Bits per byte',
            points: [0.81, 1.22, 0.97, 1.41, 1.13, 1.18, 1.02, 1.9].map((y, x) => [x, y]),
            band: [0.81, 1.22, 0.97, 1.41, 1.13, 1.18, 1.02, 1.9].map((y) => [y - 0.1, y + 0.12]),
          },
        ],
      },
    ],
    tables: [
      {
        id: 'ways',
        title: 'Four ways to abstain on the same items',
        columns: [
          { title: 'Way' },
          { title: 'Answered', unit: 'count' },
          { title: 'Precision', unit: 'share' },
          { title: 'Recall', unit: 'share' },
          { title: 'IDK-error', unit: 'share' },
          { title: 'Largest log-probability', unit: 'nats' },
        ],
        rows: [
          ['Says IDK', 51, 0.4313, 0.3666, 0.0417, -1.204],
          ['Says IDK, or IDK mass ≥ θ', 38, 0.5526, 0.35, 0.0833, -2.31],
          ['Probability of the first answer token < θ', 42, 0.5, 0.35, 0.0833, null],
          ['Largest class of 10 samples ≤ half', null, null, null, null, null],
        ],
        note: 'On the report fold; thresholds fitted on the calibration fold at 5 % IDK-error.',
      },
    ],
    caveats: [
      {
        code: 'lost_items',
        message:
          '3 of 60 items have no result (timeout 2, malformed 1). Counting them all as 0 or all as 1 would put the headline between 41.2 % and 46.2 %.',
      },
      { code: 'few_clusters', message: 'The rows come from only 8 clusters: intervals are rough.' },
    ],
    worst: [
      { itemId: 'capital-veloria', why: 'Wrong without a sign of doubt (IDK mass 0.0021).' },
      { itemId: 'capital-portugal', why: 'Right answer hidden in markup.' },
      { itemId: 'noble-gas', why: 'Empty answer.' },
      {
        itemId: 'element/W/element.symbol/person/454/person.discoverer/town/16/town.mayor/species/3/species.name',
        why: 'Named another element.',
      },
    ],
  })
}

const rows: SeededBenchmark['rows'] = [
  {
    itemId: 'capital-veloria',
    score: 0.0021,
    detail: JSON.stringify({
      question: 'What is the capital of the Republic of Veloria?',
      gold: 'Amselheim',
      answer: longAnswer,
      baseline: 'Port Amsel',
      correct: false,
      greedyIdk: false,
      mass: 0.0021,
      samples: ['Port Amsel', 'Port Amsel', 'Amsel'],
    }),
  },
  {
    itemId: 'capital-portugal',
    score: 0.1,
    detail: JSON.stringify({
      question: 'The capital of Portugal is',
      gold: 'Lisbon',
      answer: hostileAnswer,
      correct: true,
      mass: 0.1,
    }),
  },
  {
    itemId: 'noble-gas',
    score: 0.4,
    detail: JSON.stringify({ question: 'Name a noble gas.', gold: 'neon', answer: '', correct: false, mass: 0.4 }),
  },
  {
    itemId: 'element/W/element.symbol/person/454/person.discoverer/town/16/town.mayor/species/3/species.name',
    score: 0.02,
    detail: JSON.stringify({
      question: 'What is the symbol of tungsten?',
      gold: 'W',
      answer: 'Tu',
      correct: false,
      mass: 0.02,
      candidates: [
        { text: 'Tu', probability: 0.61 },
        { text: 'W', probability: 0.3 },
        { text: 'T', probability: 0.09 },
      ],
    }),
  },
]

export interface Showcase {
  tenantId: string
  fullRun: string
  runningRun: string
}

/** Fills an empty database. */
export async function seedShowcase(db: Database): Promise<Showcase> {
  const tenantId = await seedTenant(db)
  let fullRun = ''
  for (const [place, { name, model, skill }] of models.entries()) {
    const targetId = await seedTarget(db, tenantId, name)
    const { next } = randomFrom(7, name)
    const isBot = name === 'support-bot staging'
    for (const [step, deploymentId] of (isBot ? ['1f0c9b7aa0', '8d3be21c44'] : [null]).entries()) {
      const id = await seedRun(db, {
        tenantId,
        targetId,
        name,
        model,
        revision: `${place}${step}b4c3d2e1f0a9b8c7d6e5f4`,
        deploymentId,
        createdAt: Date.UTC(2026, 10, 12 + place + step, 9, 12),
        status: name === 'llama-3.2-3b' ? 'degraded' : 'done',
        benchmarks: kinds
          .filter((kind) => place !== 3 || kind.id !== 'query-perturbation')
          .map((kind) => ({
            ...kind,
            params: name === 'gateway/large' && kind.id === 'factor' ? { mode: 'chat' } : { mode: 'auto', samples: 4 },
            rows,
            report: place === 0 ? fullReport(kind.headline(skill, next), next) : reportOf(kind.headline(skill, next)),
            counts:
              name === 'llama-3.2-3b'
                ? { scored: kind.size - 14, error: 14, reasons: { timeout: 11, malformed: 3 } }
                : place === 0
                  ? { scored: kind.size - 5, refused: 2, error: 3, reasons: { timeout: 2, malformed: 1 } }
                  : {},
          })),
      })
      if (place === 0) fullRun = id
    }
  }
  const runningRun = await seedRun(db, {
    tenantId,
    targetId: await seedTarget(db, tenantId, 'night build'),
    name: 'night build',
    status: 'running',
    createdAt: Date.now() - 42_000,
    benchmarks: kinds.map((kind, place) => ({
      ...kind,
      report: null,
      rows: Array.from({ length: place === 0 ? kind.size : place < 4 ? 5 : 0 }, (_, index) => ({
        itemId: `item-${index}`,
      })),
    })),
  })
  return { tenantId, fullRun, runningRun }
}
