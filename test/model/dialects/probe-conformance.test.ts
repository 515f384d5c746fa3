import { describe, expect, test } from 'vitest'
import { probeTarget } from '../../../src/model/probe.ts'
import { createModel } from '../../../src/model/session.ts'
import { connection } from '../target.ts'
import { flavours, leadingTo } from './flavours.ts'

describe.each(flavours)('a probe of $name', (flavour) => {
  const target = connection({ dialect: flavour.dialect, baseUrl: flavour.baseUrl, capabilities: null })

  test('finds what it has, says why the rest is missing, and finds the same again', async () => {
    const { transport, paths } = leadingTo(flavour)
    const found = await probeTarget(target, { transport })
    expect(found).toMatchObject(flavour.finds)
    for (const [name, reason] of Object.entries(flavour.misses)) expect(found.missing[name], name).toMatch(reason)
    for (const name of ['logprobs', 'prompt_logprobs', 'full'] as const)
      if (!found[name]) expect(found.missing[name], name).toBeTruthy()
    expect(paths.length).toBeLessThanOrEqual(30)
    expect(await probeTarget(target, leadingTo(flavour))).toEqual(found)
  })

  test('promises nothing that is not kept', async () => {
    const { transport } = leadingTo(flavour)
    const capabilities = await probeTarget(target, { transport })
    const model = createModel({ target: { ...target, capabilities }, transport, seed: 1 }).forItem('a')
    const messages = [{ role: 'user' as const, content: 'Reply with: one two' }]
    const topLogprobs = 20
    if (capabilities.chat) {
      const samples = await model.chat(messages, { n: 3, temperature: 1, topLogprobs })
      expect(samples.map(({ text }) => text)).toEqual(['one two', 'one two', 'one two'])
      for (const { tokens } of samples) {
        expect(tokens === undefined).toBe(!capabilities.logprobs)
        for (const { logprob, top } of tokens ?? []) {
          expect(logprob).toBeLessThanOrEqual(0)
          expect(top).toHaveLength(Math.min(topLogprobs, capabilities.topLogprobs))
        }
      }
    }
    if (capabilities.completions) {
      const [sample] = await model.complete('Reply with: one two', { temperature: 0.5 })
      expect(sample?.text).toBe('one two')
    }
    if (capabilities.prompt_logprobs) {
      const [likely, unlikely] = await model.score('The children went', [' to school', ' school to'])
      expect(likely?.logprob).toBeGreaterThan(unlikely?.logprob as number)
      expect(likely?.scoredBytes).toBe(10)
    }
    if (capabilities.embeddings) expect(await model.embed(['a', 'b'])).toHaveLength(2)
  })
})

test('legacy completions are asked for no more alternatives than they give', async () => {
  const flavour = flavours.find(({ name }) => name === 'legacy completions')
  if (flavour === undefined) throw new Error('the flavour is gone')
  const { transport, paths } = leadingTo(flavour)
  const target = connection({ baseUrl: flavour.baseUrl })
  const session = createModel({ target, transport, seed: 1 })
  const ask = (prompt: string) => session.forItem(prompt).complete(prompt, { topLogprobs: 10 })
  const [sample] = await ask('Reply with: one')
  expect(sample?.tokens?.[0]?.top.length).toBe(5)
  await ask('Reply with: two')
  // One refusal teaches it.
  expect(paths).toHaveLength(3)
})
