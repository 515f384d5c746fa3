import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { estimateLimits } from '../../schema/estimate.ts'
import { estimators } from '../../src/methods/estimators/catalogue.ts'
import { newTenant, send } from './tenant.ts'

const answer = {
  id: 'a',
  greedyText: 'Paris',
  greedyLogprobs: [-0.5, -1.5],
  samples: ['Paris', 'Paris', 'Rome'],
  sampleLogprobs: [[-0.5], [-0.5], [-2, -1]],
}

const post = async (body: unknown) => (await newTenant()).send('POST', '/v1/estimates', { body })

describe('POST /v1/estimates', () => {
  it('scores what is posted, and says why the rest is null', async () => {
    const scored = await post({ items: [answer, { greedyLogprobs: [] }] })
    expect(scored.status, scored.text).toBe(200)
    const [first, second] = scored.body.items
    expect(first).toMatchObject({ id: 'a', index: 0 })
    expect(first.estimates.MaximumSequenceProbability).toBe(2)
    expect(first.estimates.Perplexity).toBe(1)
    expect(first.estimates['LabelProb:exact']).toBeCloseTo(1 / 3, 12)
    expect(first.estimates['DegMat:jaccard']).toBeCloseTo(1 - 5 / 9, 12)
    expect(first.estimates.MonteCarloSequenceEntropy).toBeCloseTo(4 / 3, 12)
    expect(first.reasons['DegMat:nli']).toBe('capability_missing')
    expect(Object.keys(first.estimates)).toEqual(Object.keys(estimators))
    expect(second).toMatchObject({ id: null, index: 1, estimates: { Perplexity: null } })
    expect(second.reasons.Perplexity).toBe('empty_answer')
  })

  it('gives only what is asked for, and certainties in their own direction when raw', async () => {
    const items = [{ fullDistributions: [[Math.log(0.98), Math.log(0.02)]] }, { fullDistributions: [[0, null]] }]
    const scored = await post({ estimators: ['FisherRao', 'SelfCertainty'], items })
    expect(Object.keys(scored.body.items[0].estimates)).toEqual(['FisherRao', 'SelfCertainty'])
    expect(scored.body.items[0].estimates.FisherRao).toBeLessThan(0)
    expect(scored.body.items[1].estimates.FisherRao).toBeCloseTo(-0.5, 12)
    expect(scored.body.items[1].estimates.SelfCertainty).toBeCloseTo(0, 12)
    const raw = await post({ estimators: ['FisherRao'], raw: true, items })
    expect(raw.body.items[0].estimates.FisherRao).toBe(-scored.body.items[0].estimates.FisherRao)
  })

  it('measures distances to a fit set that all items share', async () => {
    const fitEmbeddings = Array.from({ length: 30 }, (_, i) => [Math.sin(7 * i), Math.cos(3 * i)])
    const items = [{ answerEmbedding: [0, 0] }, { answerEmbedding: [5, 5] }]
    const scored = await post({ estimators: ['Mahalanobis', 'RDE'], fitEmbeddings, items })
    expect(scored.status, scored.text).toBe(200)
    const [near, far] = scored.body.items
    expect(near.estimates.Mahalanobis).toBeLessThan(1)
    expect(far.estimates.Mahalanobis).toBeGreaterThan(5)
    expect(far.estimates.RDE).toBeGreaterThan(near.estimates.RDE)
  })

  it('stores no run', async () => {
    await post({ items: [answer] })
    for (const table of ['runs', 'items', 'datasets'])
      expect((await env.DB.prepare(`select count(*) as n from ${table}`).first<{ n: number }>())?.n).toBe(0)
  })

  it.each([
    ['an unknown estimator', { estimators: ['Perplexity', 'Nope'], items: [answer] }, '/estimators/1', /no estimator/],
    ['no item', { items: [] }, '/items', /./],
    ['an unknown field', { items: [{ gredyText: 'x' }] }, '/items/0/gredyText', /no such field/],
    ['a positive log-probability', { items: [answer, { greedyLogprobs: [-1, 3] }] }, '/items/1/greedyLogprobs/1', /0/],
    [
      'samples without their log-probabilities',
      { items: [{ ...answer, sampleLogprobs: [[-1]] }] },
      '/items/0/sampleLogprobs',
      /1 members for 3/,
    ],
    [
      'a matrix that is not square',
      {
        items: [
          {
            nli: {
              entail: [[1, 0.5], [1]],
              contradict: [
                [0, 0],
                [0, 0],
              ],
            },
          },
        ],
      },
      '/items/0/nli/entail/1',
      /1 columns for 2/,
    ],
    [
      'tokens that do not fit',
      { items: [{ greedyLogprobs: [-1, -2], tokenSimilarity: [0.5] }] },
      '/items/0/tokenSimilarity',
      /1 tokens/,
    ],
    [
      'another width than the fit set',
      {
        fitEmbeddings: [
          [1, 2],
          [2, 1],
        ],
        items: [{ answerEmbedding: [1] }],
      },
      '/items/0/answerEmbedding',
      /fit set 2/,
    ],
    [
      'too many samples',
      { items: [{ samples: new Array(estimateLimits.samples + 1).fill('x') }] },
      '/items/0/samples',
      /./,
    ],
    [
      'too many characters',
      { items: [{ samples: new Array(2).fill('x'.repeat(estimateLimits.sampleCharacters - 10)) }] },
      '/items/0/samples',
      /characters together/,
    ],
    ['too many items', { items: new Array(estimateLimits.items + 1).fill({}) }, '/items', /./],
  ])('points at %s', async (_, body, pointer, words) => {
    const refused = await post(body)
    expect(refused.status, refused.text).toBe(422)
    expect(refused.body.type).toBe('urn:assay:problem:invalid-request')
    expect(refused.body.errors[0].pointer).toBe(pointer)
    expect(refused.body.errors[0].detail).toMatch(words)
  })

  it('takes more than other routes and refuses what is larger still', async () => {
    const large = { items: [{ greedyText: 'x'.repeat(15_000) }], estimators: ['Perplexity'] }
    large.items = new Array(100).fill(large.items[0])
    expect((await post(large)).status).toBe(200)
    const refused = await post({ items: [{ greedyText: 'x'.repeat(estimateLimits.bytes) }] })
    expect(refused.status).toBe(413)
  })

  it('wants a key', async () => {
    expect((await send('POST', '/v1/estimates', { body: { items: [answer] } })).status).toBe(401)
  })
})

describe('GET /v1/estimators', () => {
  it('lists all with what they need, to everybody', async () => {
    const { status, body } = await send('GET', '/v1/estimators')
    expect(status).toBe(200)
    expect(body.items).toHaveLength(Object.keys(estimators).length)
    for (const one of body.items)
      expect(one).toMatchObject({ title: expect.stringMatching(/./), formula: expect.stringMatching(/./) })
    expect(body.items.find((one: { name: string }) => one.name === 'TokenSAR')).toMatchObject({
      needs: ['greedyLogprobs', 'tokenSimilarity'],
      direction: 'uncertainty',
    })
  })
})
