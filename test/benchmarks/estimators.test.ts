import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { costOf, type EstimatorRow, groupsOf } from '../../src/benchmarks/uncertainty/estimators.ranking.ts'
import { type EstimatorsDetail, estimators } from '../../src/benchmarks/uncertainty/estimators.ts'
import { estimators as methods } from '../../src/methods/estimators/catalogue.ts'
import { foldOf, randomFrom } from '../../src/methods/random.ts'
import { plainQuality } from '../methods/selective/plain-quality.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const target = scriptedModel(() => [])

const row = (
  index: number,
  correct: boolean,
  values: EstimatorsDetail['values'],
  more: Partial<EstimatorsDetail> = {},
): Row<EstimatorsDetail> => ({
  index,
  itemId: `item/${index}`,
  cluster: null,
  status: 'scored',
  score: Number(correct),
  reason: null,
  detail: {
    question: 'q',
    gold: 'g',
    stratum: index % 2 === 0 ? 'even' : 'odd',
    answer: 'a',
    correct,
    sampleQuality: 0.5,
    severalValues: false,
    cutOff: false,
    values,
    reasons: {},
    ownCorrect: {},
    costs: { greedy: { questions: 1, tokens: 4 }, samples: { questions: 10, tokens: 40 } },
    judge: null,
    truthFloored: false,
    ...more,
  },
})

/** Estimators of known quality: one that knows, one that is turned round, one that is noise. */
const known = (count: number) => {
  const random = randomFrom('estimators')
  return Array.from({ length: count }, (_, index) => {
    const correct = random.next() < 0.5
    return row(index, correct, {
      MaximumSequenceProbability: random.next(),
      Perplexity: (correct ? 0 : 1) + 0.1 * random.next(),
      MaxTokenNLL: correct ? 1 : 0,
    })
  })
}

const tableOf = (report: ReturnType<typeof reportOf>, id: string) => {
  const table = report.tables.find((one) => one.id === id)
  if (!table) throw new Error(`no table ${id}`)
  return table
}

describe('estimators', () => {
  it('ranks estimators by PRR and chooses on one fold what it measures on the other', () => {
    const report = reportOf(estimators, known(120), { target })
    expect(report.headline).toMatchObject({ id: 'prr', value: 1, note: expect.stringContaining('Perplexity, chosen') })
    // A perfect order of so many items does not show that all others would be in order.
    expect(report.headline.interval?.high).toBe(1)
    expect(report.headline.interval?.low).toBeGreaterThan(0.7)
    expect(report.headline.interval?.low).toBeLessThan(0.99)
    expect(report.headline.n).toBe(known(120).filter(({ itemId }) => foldOf(7, itemId) === 'report').length)
    const table = tableOf(report, 'estimators')
    expect(table.rows.map((line) => line[1])).toEqual(['Perplexity', 'MaximumSequenceProbability', 'MaxTokenNLL'])
    const [best, , worst] = table.rows
    // Rank, PRR, ROC AUC; best in every resample.
    expect([best?.[0], best?.[2], best?.[5], best?.[11]]).toEqual([1, 1, 1, 1])
    expect(worst?.[5]).toBe(0)
    expect(worst?.[2]).toBeLessThan(-0.5)
    // The noise is not told from 0, the other two are.
    expect(table.rows[1]?.[12]).toBeGreaterThan(0.05)
    expect(best?.[12]).toBeLessThan(0.01)
    expect(metricOf(report, 'prrGain').interval?.low).toBeGreaterThan(0)
    expect(metricOf(report, 'selectionOptimism').value).toBeCloseTo(0, 12)
    expect(metricOf(report, 'rocAuc').value).toBe(1)
  })

  it('survives the edges', () => {
    checkEdges(estimators, known(44), { target })
  })

  it('gives the metrics that the quality of an uncertainty score has by itself', () => {
    const rows = known(60)
    const noise = rows.map((one) => one.detail?.values.MaximumSequenceProbability as number)
    const wanted = plainQuality(
      noise,
      rows.map((one) => Number(one.detail?.correct)),
    )
    const report = reportOf(estimators, rows, { target })
    const line = tableOf(report, 'estimators').rows.find((one) => one[1] === 'MaximumSequenceProbability')
    expect(line?.[2]).toBeCloseTo(wanted.predictionRejectionRatio as number, 10)
    expect(line?.[5]).toBeCloseTo(wanted.rocAuc as number, 10)
    const other = tableOf(report, 'quality').rows.find((one) => one[0] === 'MaximumSequenceProbability')
    expect(other?.[1]).toBeCloseTo(wanted.predictionRejectionRatioHalf as number, 10)
    expect(other?.[4]).toBeCloseTo(wanted.averagePrecision as number, 10)
    expect(other?.[7]).toBeCloseTo(wanted.riskCoverageAuc as number, 10)
    expect(other?.[10]).toBe(wanted.reversedPairs)
    expect(other?.[11]).toBeCloseTo(wanted.spearman as number, 10)
  })

  it('does not reward choosing among noise', () => {
    const random = randomFrom('noise')
    const rows = Array.from({ length: 120 }, (_, index) =>
      row(
        index,
        random.next() < 0.5,
        Object.fromEntries(Array.from({ length: 40 }, (_, place) => [`Noise${place}`, random.next()])),
      ),
    )
    const report = reportOf(estimators, rows, { target })
    const { low, high } = report.headline.interval ?? { low: 1, high: 1 }
    expect(low).toBeLessThan(0)
    expect(high).toBeGreaterThan(0)
    expect(metricOf(report, 'selectionOptimism').value).toBeGreaterThan(0.1)
    // The winner of the table looks better than it is, and no line survives the adjustment for forty tests.
    expect(tableOf(report, 'estimators').rows[0]?.[2]).toBeGreaterThan(report.headline.value as number)
    expect(tableOf(report, 'estimators').rows.every((line) => (line[12] as number) > 0.05)).toBe(true)
  })

  it('has no headline where all answers are right, all are wrong, or there are too few', () => {
    const all = (correct: boolean) => known(80).map((one) => row(one.index, correct, one.detail?.values ?? {}))
    for (const rows of [all(true), all(false)]) {
      const report = reportOf(estimators, rows, { target })
      expect(report.headline).toMatchObject({ value: null, reason: 'single_class' })
      expect(report.caveats.map(({ code }) => code)).toEqual(expect.arrayContaining(['not_chosen', 'degenerate_level']))
      expect(tableOf(report, 'estimators').rows.every((line) => line[2] === null && line[0] === null)).toBe(true)
    }
    expect(reportOf(estimators, known(20), { target }).headline).toMatchObject({ value: null, reason: 'too_few' })
  })

  it('leaves out of the choice what has no value for many items, and measures it beside', () => {
    const rows = known(100).map((one, index) =>
      row(
        index,
        one.detail?.correct === true,
        {
          MaximumSequenceProbability: one.detail?.values.Perplexity ?? 0,
          Verbalized2S: index < 30 ? Number(!one.detail?.correct) : null,
        },
        { reasons: index < 30 ? {} : { Verbalized2S: 'unparsed' } },
      ),
    )
    const report = reportOf(estimators, rows, { target })
    expect(report.headline.note).toContain('MaximumSequenceProbability, chosen')
    expect(tableOf(report, 'missing').rows).toEqual([['Verbalized2S', 70, 'unparsed']])
    expect(metricOf(report, 'parsed.Verbalized2S').value).toBeCloseTo(0.3, 12)
    expect(report.caveats.map(({ code }) => code)).toContain('partial_estimators')
  })

  it('tells what was not asked from what the target cannot give', () => {
    const rows = [
      row(
        0,
        true,
        { PTrue: null, IDKMass: null },
        { reasons: { PTrue: 'capability_missing', IDKMass: 'capability_missing' } },
      ),
    ]
    const report = reportOf(estimators, rows, { target, params: { parts: ['truth'] } })
    expect(tableOf(report, 'missing').rows).toEqual([
      ['PTrue', 1, 'capability missing'],
      ['IDKMass', 1, 'not asked'],
    ])
  })

  it('measures a stated certainty on the answer that it was stated with', () => {
    const rows = known(60).map((_, index) =>
      row(index, index % 3 === 0, { Verbalized1S: index % 2 }, { ownCorrect: { Verbalized1S: index % 2 === 0 } }),
    )
    const report = reportOf(estimators, rows, { target })
    expect(tableOf(report, 'estimators').rows[0]?.[5]).toBe(1)
    expect(report.caveats.map(({ code }) => code)).toContain('own_answers')
  })

  it('counts what each estimator costs', () => {
    expect(groupsOf('Perplexity')).toEqual(['greedy'])
    expect(groupsOf('SemanticEntropy:judge')).toEqual(['greedy', 'samples', 'entailment'])
    expect(groupsOf('CocoaMSP:embedding')).toEqual(['greedy', 'samples', 'similarity'])
    expect(groupsOf('SentenceSAR:jaccard')).toEqual(['greedy', 'samples'])
    expect(groupsOf('Verbalized1S')).toEqual(['stated'])
    expect(groupsOf('EnsembleMI:dropout')).toEqual(['greedy', 'dropout'])
    expect(groupsOf('EigenScore')).toEqual(['greedy', 'samples', 'hiddenStates'])
    expect(groupsOf('EigenScore:embedding')).toEqual(['greedy', 'samples', 'similarity'])
    const [one] = known(1)
    const reported = [{ ...one, cluster: 'c', detail: one?.detail }] as EstimatorRow[]
    expect(costOf(reported, 'LabelProb:exact')).toEqual({ questions: 11, tokens: 44 })
  })
})

describe('gathering evidence', () => {
  const items = Array.from({ length: 6 }, (_, index) => ({
    id: `i/${index}`,
    question: `What is the capital of country ${index}?`,
    answers: ['Paris'],
  }))
  const replies: [string, number][] = [
    ['Paris', 0.6],
    ['Lyon', 0.3],
    ['True', 0.05],
    ['False', 0.05],
  ]
  const everything = () => {
    const model = scriptedModel(
      (prompt) =>
        prompt.startsWith('Which answer')
          ? [
              ['A', 0.7],
              ['C', 0.3],
            ]
          : replies,
      {
        full: true,
        embeddings: true,
        entailment: true,
      },
    )
    return {
      ...model,
      chat: async (...args: Parameters<typeof model.chat>) =>
        (await model.chat(...args)).map((sample) => ({
          ...sample,
          ...(sample.tokens
            ? {
                tokens: sample.tokens.map((token) => ({
                  ...token,
                  ...(args[1]?.entropy ? { entropy: 0.5 } : {}),
                  ...(args[1]?.terms ? { terms: { renyi: -2, fisherRao: 0.25, selfCertainty: -3 } } : {}),
                })),
              }
            : {}),
        })),
      embed: async (texts: string[]) => texts.map((text) => Float32Array.from([text.length, text.charCodeAt(0), 1])),
      entail: async (pairs: [string, string][]) =>
        pairs.map(([premise, hypothesis]) => {
          const same = premise === hypothesis
          return { entail: same ? 0.9 : 0.1, neutral: 0.1, contradict: same ? 0 : 0.8, by: 'judge:scripted' }
        }),
      states: async (_: unknown, continuations: string[]) =>
        continuations.map((text) => Float32Array.from([text.length, text.charCodeAt(0), 2, 7])),
      dropout: async (_: unknown, continuation: string) => ({
        passes: 10,
        rate: 0.1,
        inserted: true,
        tokens: [
          {
            token: continuation,
            start: 0,
            end: continuation.length,
            logprob: -0.5,
            predictiveEntropy: 0.7,
            aleatoricEntropy: 0.5,
            epistemicEntropy: 0.2,
            expectedPairwiseKl: 0.45,
            reverseMutualInformation: 0.205,
            probabilityVariance: 0.01,
            groupEpistemicEntropies: [0.2, 0.2],
          },
        ],
      }),
    }
  }

  it('computes every estimator of the catalogue that a fully capable target allows', async () => {
    const model = everything()
    const [first] = (await rowsOf(estimators, model, { items })) as Row<EstimatorsDetail>[]
    const values = first?.detail?.values ?? {}
    // A fit set, or several targets' distributions, are not asked for.
    const unreachable = /^(?:Mahalanobis|RelativeMahalanobis|RDE|Ensemble(?:TU|DU|MI|EPKL|RMI)|EpistemicMI:empirical)$/
    const compared = /^(?:TokenSAR|SentenceSAR|SAR|Cocoa(?:MSP|PPL|MTE))$/
    for (const name of Object.keys(methods)) {
      if (unreachable.test(name)) continue
      const spelt = compared.test(name) ? `${name}:embedding` : name.replace(/:nli(?=:|$)/, ':judge')
      // The scripted model never states a certainty, and one replies to all.
      if (/^(?:Verbalized|Linguistic)/.test(name)) expect(first?.detail?.reasons[spelt]).toBe('unparsed')
      else expect(values[spelt], spelt).toBeTypeOf('number')
    }
    expect(values).toMatchObject({ RenyiNeg: 2, FisherRao: -0.25, SelfCertainty: -3, MeanTokenEntropy: 0.5 })
    expect(values['EnsembleMI:dropout']).toBeCloseTo(0.2, 12)
    expect(values.PTrue).toBeCloseTo(-Math.log(0.05), 10)
    expect(values.SelfEval).toBeCloseTo(0.5, 10)
    expect(first?.detail).toMatchObject({ judge: 'judge:scripted', correct: true, answer: 'Paris' })
    expect(values['SentenceSAR:nli']).toBeUndefined()
    expect(values['SentenceSAR:judge']).toBeTypeOf('number')
  })

  it('says why an estimator has no value on a target that gives only text', async () => {
    const model = scriptedModel(() => replies, { logprobs: false, prompt_logprobs: false, topLogprobs: 0 })
    const rows = (await rowsOf(estimators, model, { items })) as Row<EstimatorsDetail>[]
    const detail = rows[0]?.detail
    for (const name of ['Perplexity', 'PTrue', 'DegMat:nli', 'EnsembleMI:dropout', 'IDKMass', 'CheatRatio'])
      expect(detail?.reasons[name], name).toBe('capability_missing')
    for (const name of [
      'LabelProb:exact',
      'DegMat:jaccard',
      'PTrueEmpirical',
      'SelfEval:empirical',
      'EpistemicMI:empirical',
    ])
      expect(detail?.values[name], name).toBeTypeOf('number')
    const report = reportOf(estimators, rows, { target: model })
    expect(tableOf(report, 'missing').rows).toContainEqual(['Perplexity', 6, 'capability missing'])
  })

  it('asks only the parts that are wanted', async () => {
    const model = everything()
    await rowsOf(estimators, model, { items: items.slice(0, 1), params: { parts: [] } })
    expect(model.asked.map(({ kind, sampling }) => `${kind} ${sampling?.n ?? 1}`).sort()).toEqual(['chat 1', 'chat 10'])
  })

  it('skips an item whose gold answer is empty after normalisation', async () => {
    const rows = await rowsOf(estimators, everything(), { items: [{ id: 'x', question: 'Which?', answers: ['the'] }] })
    expect(rows[0]).toMatchObject({ status: 'skipped', reason: 'invalid_gold' })
  })
})
