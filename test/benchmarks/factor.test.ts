import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { joined, pointsOf } from '../../src/benchmarks/hallucination/continuation-scores.ts'
import type { FactorDetail } from '../../src/benchmarks/hallucination/factor.ts'
import { factor } from '../../src/benchmarks/hallucination/factor.ts'
import { randomFrom } from '../../src/methods/random.ts'
import type { Prompt } from '../../src/model/model.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const four = (truth: number, ...others: number[]) =>
  [truth, ...others].map((logprob, place) => ({ text: `continuation ${place}`, logprob, tokens: 2 }))

const row = (
  index: number,
  scored: FactorDetail['plain'],
  more: Partial<Row<FactorDetail>> = {},
): Row<FactorDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: null,
  reason: null,
  detail: { prefix: 'p', errorType: 'entity', source: 'table', plain: scored, retrieved: null, choice: null },
  ...more,
})

describe('factor', () => {
  it('gives a tie with k others at the top 1/(k + 1)', () => {
    expect(pointsOf(four(-1, -2, -3, -4))).toBe(1)
    expect(pointsOf(four(-1, -1, -3, -4))).toBe(1 / 2)
    expect(pointsOf(four(-1, -1, -1, -1))).toBe(1 / 4)
    expect(pointsOf(four(-2, -1, -3, -4))).toBe(0)
  })

  it('moves the one space between prefix and completion to the completion', () => {
    expect(joined('It is. ', ['Paris is.', ' Rome is.'])).toEqual({
      prefix: 'It is.',
      continuations: [' Paris is.', ' Rome is.'],
    })
    expect(joined('He went', [' home'])).toEqual({ prefix: 'He went', continuations: [' home'] })
    expect(joined('A heading\n\n', [' The text.'])).toEqual({
      prefix: 'A heading\n\n',
      continuations: ['The text.'],
    })
    expect(joined('A heading\n ', ['The text.'])).toEqual({ prefix: 'A heading\n', continuations: [' The text.'] })
  })

  it('shows the passages before the same end of a long prefix in both arms', async () => {
    const prefix = `${'Long ago things were otherwise. '.repeat(40)}The capital of France`
    const items = [
      { id: 'i', prefix, completion: ' is Paris.', contradictions: [' is Rome.', ' is Bern.', ' is Oslo.'] },
    ]
    const target = scriptedModel(() => [])
    await rowsOf(factor, target, { items, params: { maxPrefixTokens: 16, passages: 2 } })
    const [plain, retrieved] = target.asked.map((one) => one.prompt) as [string, string]
    expect(plain.length).toBeLessThanOrEqual(64)
    expect(prefix.endsWith(plain)).toBe(true)
    expect(retrieved.endsWith(`\n\n${plain}`)).toBe(true)
    expect(retrieved.slice(0, -plain.length)).toContain('Paris')
  })

  it('scores nothing where a continuation has no scored token', async () => {
    const bare = scriptedModel(() => [])
    const unscored = {
      ...bare,
      score: async (prompt: Prompt, continuations: string[]) =>
        (await bare.score(prompt, continuations)).map((one, place) =>
          place > 0 ? one : { ...one, tokens: one.tokens.slice(0, 1).map((token) => ({ ...token, logprob: null })) },
        ),
    }
    const items = [{ id: 'i', prefix: ' ', completion: 'Yes', contradictions: ['No one', 'No two', 'No three'] }]
    const rows = await rowsOf(factor, unscored, { items })
    expect(rows[0]).toMatchObject({ status: 'skipped', score: null, reason: 'no_scored_tokens' })
    const report = reportOf(factor, rows, { target: unscored })
    expect(report.headline).toMatchObject({ value: null })
    expect(report.caveats.map((caveat) => caveat.code)).toContain('lost_items')
  })

  it('computes accuracy, margin, perplexity and the length check from rows', () => {
    const target = scriptedModel(() => [])
    const rows = [
      row(0, four(-2, -4, -6, -8)),
      row(1, four(-4, -2, -6, -8)),
      // Longer truth: wins by mean, loses by sum.
      row(2, [{ text: 'long', logprob: -4, tokens: 8 }, ...four(-3, -3, -3).map((one) => ({ ...one }))].slice(0, 4)),
      row(3, four(-2, -2, -6, -8)),
    ]
    const report = reportOf(factor, rows, { target })
    expect(report.headline.id).toBe('accuracy')
    expect(report.headline.value).toBeCloseTo((1 + 0 + 1 + 0.5) / 4, 12)
    expect(metricOf(report, 'accuracyBySum').value).toBeCloseTo((1 + 0 + 0 + 0.5) / 4, 12)
    expect(metricOf(report, 'margin').value).toBeCloseTo((1 - 1 + 1 + 0) / 4, 12)
    expect(metricOf(report, 'perplexity').value).toBeCloseTo(Math.exp((2 + 4 + 4 + 2) / 14), 12)
    expect(report.worst[0]?.itemId).toBe('item/1')
  })

  it('takes clusters of one document together', () => {
    const target = scriptedModel(() => [])
    const rows = Array.from({ length: 30 }, (_, index) =>
      row(index, index % 6 < 3 ? four(-1, -2, -2, -2) : four(-2, -1, -2, -2), {
        cluster: `doc/${Math.floor(index / 3)}`,
      }),
    )
    const report = reportOf(factor, rows, { target })
    expect(report.headline.interval?.method).toBe('clustered')
    expect(report.caveats.map((caveat) => caveat.code)).toContain('few_clusters')
  })

  it('measures a model that likes true sentences, and one that does not care', async () => {
    const truths = new Set<string>()
    const items = factor.builtin?.(randomFrom('f'), 40, factor.params.parse({})) ?? []
    for (const item of items) truths.add(item.completion)
    const knowing = scriptedModel(() => [...truths].map((text): [string, number] => [text, 0.5]))
    const rows = await rowsOf(factor, knowing, { items })
    const report = checkEdges(factor, rows, { target: knowing })
    expect(report.headline.value).toBe(1)
    expect(report.caveats.map((caveat) => caveat.code)).toContain('degenerate_level')
    const blind = scriptedModel(() => [])
    const indifferent = reportOf(factor, await rowsOf(factor, blind, { items }), { target: blind })
    expect(indifferent.headline.value).toBe(0.25)
    expect(knowing.asked.every((one) => one.kind === 'score' && one.continuations?.length === 4)).toBe(true)
  })

  it('lets a model that only reads find the truth in retrieved articles', async () => {
    const items = (factor.builtin?.(randomFrom('f'), 60, factor.params.parse({})) ?? []).filter(
      (item) => item.source === 'table' && item.errorType !== 'relation',
    )
    // Prefers the continuation whose own word the text before it holds.
    const reading = scriptedModel((prompt) =>
      items.flatMap(({ completion, contradictions }) => {
        const words = (text: string) => text.replace(/\.$/, '').split(' ')
        const others = new Set(contradictions.flatMap(words))
        const said = words(completion).filter((word) => !others.has(word))
        return said.every((word) => prompt.includes(word)) ? [[completion, 0.9] as [string, number]] : []
      }),
    )
    const rows = await rowsOf(factor, reading, { items, params: { passages: 3 } })
    const report = reportOf(factor, rows, { target: reading, params: { passages: 3 } })
    const [without, gained] = [report.headline.value ?? 1, metricOf(report, 'accuracyRetrieved').value ?? 0]
    expect(without).toBeLessThan(0.4)
    expect(gained).toBeGreaterThan(0.7)
  })

  it('asks with letters where given text cannot be scored, under another name', async () => {
    const target = scriptedModel(
      () => [
        ['A', 0.7],
        ['B', 0.3],
      ],
      { prompt_logprobs: false },
    )
    const rows = await rowsOf(factor, target, { size: 40 })
    const report = checkEdges(factor, rows, { target })
    expect(report.headline.id).toBe('factor_mcq')
    expect(metricOf(report, 'accuracy')).toMatchObject({ value: null, reason: 'capability_missing' })
    // Always the first letter, and the order is shuffled: about a quarter.
    expect(report.headline.value).toBeGreaterThan(0.05)
    expect(report.headline.value).toBeLessThan(0.5)
  })

  it("imports FACTOR's CSV and names what is missing", () => {
    const importer = factor.importers?.['factor-csv']
    const record = {
      full_prefix: 'Ada Lovelace was a mathematician. ',
      turncated_prefixes: 'mathematician. ',
      doc_id: 12,
      completion: 'She was born in London.',
      contradiction_0: 'She was born in Paris.',
      contradiction_1: 'She was born in Rome.',
      contradiction_2: 'She was born in Bonn.',
    }
    const item = factor.item.parse(importer?.toItem(record, 3))
    expect(item).toMatchObject({
      id: 'factor/3',
      docId: '12',
      cluster: 'doc/12',
      completion: 'She was born in London.',
    })
    expect(item.contradictions).toHaveLength(3)
    expect(() => importer?.toItem({ ...record, completion: ' ' }, 0)).toThrow(/completion/)
  })
})
