import { describe, expect, it } from 'vitest'
import type { Row } from '../../src/benchmarks/define.ts'
import { largestThreshold } from '../../src/benchmarks/uncertainty/iterative-prompting.sets.ts'
import { type IterativeDetail, iterativePrompting } from '../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { checkEdges, metricOf, reportOf, rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

const answers = ['Anor', 'Belun', 'Corvi', 'Dasto']

/**
 * A model of the paper's kind: questions named "open" and "unknown" get the same four answers with the same chances;
 * only on the unknown ones does it follow an answer that it is shown.
 */
const script = (prompt: string): [string, number][] => {
  if (prompt.startsWith('Is the proposed'))
    return [
      ['True', 0.5],
      ['False', 0.5],
    ]
  const shown = [...prompt.matchAll(/answer to this question is: (\w+)/g)].map(([, answer]) => answer as string)
  const spread = answers.map((answer, place): [string, number] => [answer, [0.4, 0.3, 0.2, 0.1][place] as number])
  if (prompt.includes('known thing') && !prompt.includes('unknown'))
    return [
      ['Known', 0.97],
      ['Anor', 0.01],
      ['Belun', 0.02],
    ]
  if (!prompt.includes('unknown') || shown.length === 0) return spread
  // One pseudo-count beside each answer shown.
  return spread.map(([answer, p]) => [answer, (p + shown.filter((one) => one === answer).length) / (1 + shown.length)])
}
const items = Array.from({ length: 90 }, (_, index) => {
  const id = `i/${index}`
  const sort = index % 3
  if (sort === 0) return { id, question: `Name an open thing ${index}.`, answers, kind: 'multi', wrong: 'Zzz' }
  if (sort === 1)
    return { id, question: `What is unknown thing ${index}?`, answers: ['Edrin'], kind: 'single', wrong: 'Belun' }
  return { id, question: `What is known thing ${index}?`, answers: ['Known'], kind: 'single', wrong: 'Belun' }
})

describe('largestThreshold', () => {
  const answer = (uncertainty: number, correct: boolean) => ({ uncertainty, correct })
  it('answers as much as the risk allows, ties on one side', () => {
    const list = [answer(0.1, true), answer(0.2, true), answer(0.3, false), answer(0.3, true), answer(0.4, true)]
    expect(largestThreshold(list, 0)).toBe(0.3)
    expect(largestThreshold(list, 0.25)).toBe(Number.POSITIVE_INFINITY)
    expect(largestThreshold([answer(0.1, false), answer(0.2, true)], 0.4)).toBeNull()
    expect(largestThreshold([], 0.1)).toBeNull()
  })
})

describe('iterative-prompting', () => {
  it('gives independent answers no mutual information and hint-followers their due', async () => {
    const rows = (await rowsOf(iterativePrompting, scriptedModel(script), { items })) as Row<IterativeDetail>[]
    for (const row of rows) {
      const detail = row.detail as IterativeDetail
      const count = detail.classes.length
      expect(detail.first.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
      for (const shares of detail.second) expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12)
      expect(detail.information).toBeGreaterThanOrEqual(0)
      expect(detail.information).toBeLessThanOrEqual(Math.log(count) + 1e-12)
      if (!row.detail?.question.includes('unknown')) expect(detail.information).toBeCloseTo(0, 10)
      else if (count > 1) expect(detail.information).toBeGreaterThan(0.05)
    }
    const report = reportOf(iterativePrompting, rows, { target: scriptedModel(script) })
    expect(metricOf(report, 'unknownAuc.information').value).toBeGreaterThan(0.95)
    expect(metricOf(report, 'prr.information').value).toBeGreaterThan(0.9)
    expect(report.headline.id).toBe('prrGain')
    expect(report.headline.value).toBeGreaterThan(0.2)
    expect(report.headline.interval?.low).toBeGreaterThan(0)
  })

  it('agrees with a value worked out by hand', async () => {
    // Two answers, ½ each; shown one, it is given again with 3/4: MI = ln 2 − h(1/4) with h in nats.
    const twoFold = scriptedModel((prompt) => {
      const shown = /answer to this question is: (\w+)/.exec(prompt)?.[1]
      return ['Anor', 'Belun'].map((one) => [one, shown === undefined ? 0.5 : one === shown ? 0.75 : 0.25])
    })
    const one = [{ id: 'a', question: 'What?', answers: ['Anor'], kind: 'single' }]
    const [row] = (await rowsOf(iterativePrompting, twoFold, { items: one })) as Row<IterativeDetail>[]
    const h = -(0.25 * Math.log(0.25) + 0.75 * Math.log(0.75))
    expect(row?.detail?.information).toBeCloseTo(Math.log(2) - h, 12)
    expect(row?.detail?.informationWithoutCopying).toBeCloseTo(0, 12)
    expect(row?.detail?.copyingRate).toBeCloseTo(0.75, 12)
    expect(row?.detail?.entropy).toBeCloseTo(Math.log(2), 12)
  })

  it('estimates from samples where nothing can be scored, under its own name and without the bias of few', async () => {
    const target = scriptedModel(script, { prompt_logprobs: false })
    const rows = (await rowsOf(iterativePrompting, target, { items })) as Row<IterativeDetail>[]
    const mean = (sort: string) => {
      const some = rows.filter((row) => row.detail?.question.includes(sort))
      return some.reduce((sum, row) => sum + (row.detail?.information ?? 0), 0) / some.length
    }
    expect(mean('unknown')).toBeGreaterThan(mean('open') + 0.03)
    expect(mean('open')).toBeLessThan(0.12)
    const report = checkEdges(iterativePrompting, rows.slice(0, 45), { target })
    expect(report.headline.id).toBe('prrGain:empirical')
    expect(report.caveats.map(({ code }) => code)).toContain('empirical_information')
  })

  it('tells how a wrong answer, stated again and again, moves its own', async () => {
    const rows = (await rowsOf(iterativePrompting, scriptedModel(script), { items })) as Row<IterativeDetail>[]
    const of = (sort: string) => rows.find((row) => row.detail?.question.includes(sort))?.detail?.amplification
    expect(of('open')?.map(([, change]) => change)).toEqual([0, 0, 0, 0, 0].map((zero) => expect.closeTo(zero, 10)))
    // Greedy has .4; after R times the other it has .4 / (1 + R).
    expect(of('unknown')).toEqual([1, 2, 4, 8, 16].map((times) => [times, expect.closeTo(-Math.log(1 + times), 10)]))
  })

  it('counts only the first of a list, merges the rarest classes, and clusters by shared words', async () => {
    const lister = scriptedModel(() => [
      ['Wrongia, Anor', 0.6],
      ...Array.from({ length: 8 }, (_, place): [string, number] => [`${'abcdefgh'[place]}x thing${place}`, 0.05]),
    ])
    const one = [{ id: 'a', question: 'Name one.', answers: ['Anor'], kind: 'multi' }]
    const params = { samples: 40, mostClasses: 3 }
    const [row] = (await rowsOf(iterativePrompting, lister, { items: one, params })) as Row<IterativeDetail>[]
    expect(row?.detail?.correct).toBe(false)
    expect(row?.detail?.classes).toHaveLength(3)
    expect(row?.detail?.classes.reduce((sum, { size }) => sum + size, 0)).toBe(40)
    const wordy = scriptedModel(() => [
      ['Anor', 0.5],
      ['It is Anor', 0.5],
    ])
    const [joined] = (await rowsOf(iterativePrompting, wordy, { items: one })) as Row<IterativeDetail>[]
    expect(joined?.detail?.classes).toHaveLength(1)
    expect(joined?.detail?.information).toBe(0)
  })

  it('takes raw text where the target scores text but no chats', async () => {
    const target = scriptedModel(script, { promptLogprobsBy: 'echo' })
    await rowsOf(iterativePrompting, target, { items: items.slice(0, 2) })
    expect(new Set(target.asked.map(({ kind }) => kind))).toEqual(new Set(['complete', 'score']))
    expect(target.asked.flatMap(({ continuations }) => continuations ?? []).every((one) => one.startsWith(' '))).toBe(
      true,
    )
  })
})
