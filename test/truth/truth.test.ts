import { describe, expect, it } from 'vitest'
import { knownQuestions, worldBelief } from '../servers/known-world.ts'
import { band, coverages } from './coverage.ts'
import { separations } from './separation.ts'
import { openTarget } from './target.ts'

describe('a target whose uncertainty is known', () => {
  it('says, samples and scores by one stated distribution', async () => {
    const [question] = knownQuestions('stated', 1, 'unknown')
    if (!question) throw new Error('no question')
    const target = await openTarget(worldBelief([question]))
    try {
      const model = target.session(1).forItem('one')
      const prompt = `Question: ${question.question}\nAnswer:`
      const names = question.belief.map(([name]) => name)
      const scores = await model.score(
        prompt,
        names.map((name) => ` ${name}`),
      )
      question.belief.forEach(([, share], place) => {
        expect(scores[place]?.logprob).toBeCloseTo(Math.log(share), 9)
      })
      const samples = await model.complete(prompt, { n: 600, temperature: 1, maxTokens: 4, topLogprobs: 20 })
      question.belief.forEach(([name, share]) => {
        const said = samples.filter(({ text }) => text.trim() === name)
        expect(Math.abs(said.length / samples.length - share)).toBeLessThan(0.1)
        for (const { tokens } of said.slice(0, 1)) expect(tokens?.[0]?.logprob).toBeCloseTo(Math.log(share), 9)
      })
      const shown = names[0] as string
      const [after] = await model.score(`One answer to this question is: ${shown}\n${prompt}`, [` ${shown}`])
      const { concentration } = question
      const before = question.belief[0]?.[1] as number
      expect(after?.logprob).toBeCloseTo(Math.log((concentration * before + 1) / (concentration + 1)), 9)
    } finally {
      await target.close()
    }
  })

  it('has its unknown items told from truly open ones by what measures not knowing, and by nothing else', async () => {
    const rows = await separations(knownQuestions('quick', 75), 2)
    expect(rows.filter(({ expected }) => expected === 'separates').length).toBeGreaterThan(8)
    expect(rows.filter(({ expected }) => expected === 'does not').length).toBeGreaterThan(15)
    expect(rows.filter(({ holds }) => !holds).map(({ benchmark, measure, auc }) => [benchmark, measure, auc])).toEqual(
      [],
    )
  }, 120_000)

  it('has its true values in most intervals', async () => {
    const sizes = { population: 1000, idk: 0, iterative: 0, pairs: 60, estimators: 0 }
    const rows = await coverages(8, sizes, { only: 'pair-cheating, exact' })
    expect(rows.map(({ metric }) => metric)).toEqual(
      expect.arrayContaining(['secondOrderCalibrationError', 'netCheat', 'coverageRecalibrated']),
    )
    expect(rows.filter(({ verdict }) => verdict === 'too narrow').map(({ metric, held }) => [metric, held])).toEqual([])
  }, 120_000)
})

describe('band', () => {
  it('holds a binomial count nearly always', () => {
    expect(band(200)).toEqual({ least: 181, most: 197 })
    expect(band(12).least).toBeLessThan(11)
  })
})
