import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { reportedRows } from '../../src/benchmarks/report/rows.ts'
import { adaptiveRetrieval, type RetrievalDetail } from '../../src/benchmarks/retrieval/adaptive-retrieval.ts'
import {
  always,
  byChance,
  decidedBy,
  figures,
  gapClosed,
  never,
  oracle,
  type RetrievalRow,
} from '../../src/benchmarks/retrieval/decisions.ts'
import { fitPolicy } from '../../src/benchmarks/retrieval/policies.ts'
import type { Message, Sampling } from '../../src/model/model.ts'
import { metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])
const answer = (correct: boolean) => ({ answer: 'a', exactMatch: Number(correct), f1: Number(correct), correct })
const row = (index: number, closed: boolean, open: boolean, u: number): Row<RetrievalDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    hops: 'single',
    source: index % 2 ? 'table' : 'fiction',
    closed: answer(closed),
    open: answer(open),
    found: 5,
    goldFound: null,
    uncertainties: { 'LabelProb:exact': u, Perplexity: 1 - u },
  },
})
const figure = (id: string) => figures.find((one) => one.id === id)?.of as (typeof figures)[number]['of']

describe('decisions', () => {
  const rows = reportedRows([
    row(0, true, true, 0.1),
    row(1, true, false, 0.2),
    row(2, false, true, 0.8),
    row(3, false, false, 0.9),
  ]) as RetrievalRow[]
  const byDoubt = {
    id: 'doubt',
    calls: 11,
    decide: (one: RetrievalRow) => ({
      retrieves: (one.detail.uncertainties['LabelProb:exact'] as number) > 0.5,
      uncertainty: one.detail.uncertainties['LabelProb:exact'] as number,
    }),
  }

  it('closes the whole gap less chance where doubt is right, and none of it by always retrieving', () => {
    // never 2/4, always 2/4, oracle 3/4.
    expect(gapClosed(decidedBy(always, rows))).toBe(0)
    expect(gapClosed(decidedBy(never, rows))).toBe(0)
    expect(gapClosed(decidedBy(oracle, rows))).toBe(1)
    expect(gapClosed(decidedBy(byDoubt, rows))).toBe(1)
    expect(gapClosed(decidedBy(byDoubt, rows.slice(0, 2)))).toBeNull()
  })

  it('knows each figure of retrieving at random: that of the mean over all ways to do so', () => {
    const list = decidedBy(byDoubt, rows)
    const pairs = rows.flatMap((_, i) => rows.slice(i + 1).map((__, j) => [i, i + 1 + j]))
    for (const { id, of } of figures) {
      const drawn = pairs.map((pair) =>
        of(rows.map((one, place) => ({ cluster: '', row: one, retrieves: pair.includes(place), uncertainty: null }))),
      )
      const expected = drawn.includes(null)
        ? null
        : drawn.reduce<number>((sum, one) => sum + (one as number), 0) / drawn.length
      const found = byChance(list, 1 / 2, of)
      if (expected === null) expect(found, id).toBeNull()
      else expect(found, id).toBeCloseTo(expected, 12)
    }
  })

  it('has decision accuracy, over- and under-confidence that sum to one', () => {
    for (const way of [never, always, oracle, byDoubt]) {
      const list = decidedBy(way, rows)
      const sum = ['decisionAccuracy', 'overConfidence', 'underConfidence'].reduce(
        (total, id) => total + (figure(id)(list) as number),
        0,
      )
      expect(sum).toBeCloseTo(1, 12)
    }
    expect(figure('overConfidence')(decidedBy(never, rows))).toBe(0.5)
    expect(figure('underConfidence')(decidedBy(always, rows))).toBe(0.5)
    expect(figure('rocAuc')(decidedBy(byDoubt, rows))).toBe(1)
    // No scalar score: no AUC, not a half.
    expect(figure('rocAuc')(decidedBy(always, rows))).toBeNull()
  })
})

describe('fitPolicy', () => {
  const u = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99]
  const wrong = u.map((value) => value > 0.55)
  it.each(['threshold', 'logistic', 'tree'] as const)('separates what can be separated: %s', (kind) => {
    const policy = fitPolicy(kind, u, wrong)
    expect(u.map((value) => policy?.(value))).toEqual(wrong)
    expect(
      fitPolicy(
        kind,
        u,
        u.map(() => true),
      ),
    ).toBeNull()
  })
  it('finds what only a tree can: doubt in the middle', () => {
    const middle = u.map((_, place) => place >= 5 && place < 10)
    const values = [...u, ...u.map((value) => value + 0.001)]
    const labels = [...middle, ...middle]
    const right = (kind: 'threshold' | 'tree') => {
      const policy = fitPolicy(kind, values, labels)
      return values.filter((value, place) => policy?.(value) === labels[place]).length
    }
    expect(right('tree')).toBeGreaterThan(right('threshold'))
  })
})

describe('adaptive-retrieval', () => {
  it('chooses its trigger on one fold and reports it on the other', () => {
    const rows = Array.from({ length: 100 }, (_, index) =>
      row(index, index % 2 === 0, index % 4 === 1 || index % 4 === 2, index % 2 ? 0.8 : 0.1),
    )
    const report = reportOf(adaptiveRetrieval, rows, { target })
    expect(report.headline).toMatchObject({ id: 'gapClosed', note: expect.stringContaining('LabelProb:exact') })
    expect(report.headline.n).toBeLessThan(70)
    expect(metricOf(report, 'decisionAccuracy.chosen').value).toBe(1)
    expect(metricOf(report, 'modelCalls.chosen').value).toBeGreaterThan(11)
    expect(report.tables.map((table) => table.id)).toEqual(['methods', 'methodIntervals', 'bySource', 'transfer'])
    const chance = report.tables[0]?.rows[3] as (string | number | null)[]
    expect(chance[0]).toBe('Random, as often as LabelProb:exact')
    expect(chance[3]).toBe(metricOf(report, 'inAcc.chance').value)
    expect(chance.slice(-2)).toEqual([1, metricOf(report, 'retrievalCalls.chosen').value])
    // No scalar score: no AUC.
    expect(chance[4]).toBeNull()
  })

  it('names the unfitted trigger where too few items are there to fit one', () => {
    const rows = Array.from({ length: 12 }, (_, index) => row(index, index % 2 === 0, true, index % 2 ? 0.8 : 0.1))
    const report = reportOf(adaptiveRetrieval, rows, { target })
    expect(report.headline.id).toBe('gapClosed:fixed')
    expect(report.headline.value).toBeCloseTo(0.5, 12)
    expect(report.caveats.map((caveat) => caveat.code)).toContain('too_few')
  })

  it('finds gold passages in the corpus of its own world, and shows them before the question', async () => {
    const reader = scriptedModel((prompt) => [
      [prompt.startsWith('Is the proposed') ? 'True' : prompt.includes('Passages:') ? 'with' : 'without', 1],
    ])
    const rows = (await rowsOf(adaptiveRetrieval, reader, {
      size: 9,
      params: { corpusSize: 200, samples: 2 },
    })) as Row<RetrievalDetail>[]
    const known = rows.filter((one) => one.detail?.goldFound !== null)
    expect(known).toHaveLength(6)
    expect(known.reduce((sum, one) => sum + (one.detail?.goldFound ?? 0), 0) / known.length).toBeGreaterThan(0.4)
    expect(rows.every((one) => one.detail?.closed.answer === 'without' && one.detail.open.answer === 'with')).toBe(true)
    expect(Object.keys(rows[0]?.detail?.uncertainties ?? {})).toEqual(
      expect.arrayContaining([
        'LabelProb:exact',
        'Perplexity',
        'DegMat:jaccard',
        'SemanticEntropy:exact',
        'MeanTokenEntropy:topk',
        'PTrue',
      ]),
    )
  })

  it('uses what a target tells of its full distribution, asked with the same answer', async () => {
    const plain = scriptedModel(() => [['Paris', 0.6]])
    const telling = {
      ...plain,
      capabilities: { ...plain.capabilities, full: true },
      chat: async (messages: Message[], sampling: Sampling = {}) => {
        const samples = await plain.chat(messages, sampling)
        const more = {
          ...(sampling.entropy ? { entropy: 1.5 } : {}),
          ...(sampling.terms ? { terms: { renyi: -13, fisherRao: 0.25, selfCertainty: -4 } } : {}),
        }
        return samples.map(({ tokens, ...sample }) => ({
          ...sample,
          ...(tokens ? { tokens: tokens.map((token) => ({ ...token, ...more })) } : {}),
        }))
      },
    }
    const items = [{ id: 'i', question: 'What is the capital of France?', answers: ['Paris'] }]
    const trial = { items, params: { samples: 2, corpusSize: 100, askTruth: false } }
    const [row] = (await rowsOf(adaptiveRetrieval, telling, trial)) as Row<RetrievalDetail>[]
    expect(row?.detail?.uncertainties).toMatchObject({
      MeanTokenEntropy: 1.5,
      MaxTokenEntropy: 1.5,
      // Certainties turned round: higher is less certain.
      RenyiNeg: 13,
      FisherRao: -0.25,
      SelfCertainty: expect.any(Number),
    })
    const [without] = (await rowsOf(adaptiveRetrieval, plain, trial)) as Row<RetrievalDetail>[]
    expect(without?.detail?.uncertainties).not.toHaveProperty('MeanTokenEntropy')
    expect(plain.asked.filter((one) => one.sampling?.entropy)).toHaveLength(1)
  })

  it('searches the passages that an item brings along', async () => {
    const items = [
      {
        id: 'i',
        question: 'Where is the red house?',
        answers: ['Bern'],
        passages: [
          { id: 'p1', text: 'The red house is in Bern.' },
          { id: 'p2', text: 'Nothing of note.' },
        ],
        goldPassages: ['p1'],
      },
    ]
    const reader = scriptedModel((prompt) => [[prompt.includes('in Bern') ? 'Bern' : 'Rome', 1]])
    const rows = (await rowsOf(adaptiveRetrieval, reader, {
      items,
      params: { samples: 2, corpusSize: 100 },
    })) as Row<RetrievalDetail>[]
    expect(rows[0]?.detail).toMatchObject({ goldFound: 1, closed: { correct: false }, open: { correct: true } })
  })
})
