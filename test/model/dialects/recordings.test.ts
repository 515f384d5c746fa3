import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { capabilities as capabilitiesShape } from '../../../schema/capabilities.ts'
import type { Sample, TokenScores } from '../../../src/model/model.ts'
import { startServer } from '../../servers/openai.ts'
import { askAll, type Recording, record, recordedTarget, replaying } from './recording.ts'

const folder = join(import.meta.dirname, 'recordings')
const recordings = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name): [string, Recording] => [name, JSON.parse(readFileSync(join(folder, name), 'utf8'))])

/** What holds of every server's answers, whatever its model says. */
function assertSound({ capabilities, answers }: Pick<Recording, 'capabilities' | 'answers'>): void {
  const samples = ['greedy', 'logprobs', 'sampled', 'cut', 'stopped', 'letters', 'completed']
    .flatMap((name) => (Array.isArray(answers[name]) ? (answers[name] as Sample[]) : []))
    .concat(Array.isArray(answers.listed) ? (answers.listed as Sample[][]).flat() : [])
  expect(samples.length).toBeGreaterThan(5)
  for (const { tokens = [] } of samples)
    for (const { logprob, top } of tokens) {
      expect(logprob).toBeLessThanOrEqual(0)
      expect(top.reduce((sum, entry) => sum + Math.exp(entry.logprob), 0)).toBeLessThan(1.001)
    }
  if (capabilities.chat) {
    expect(answers.sampled).toHaveLength(3)
    expect((answers.cut as Sample[])[0]?.finishReason).toBe('length')
    expect((answers.stopped as Sample[])[0]?.text).not.toContain(',')
    const [plain] = answers.greedy as Sample[]
    const [detailed] = answers.logprobs as Sample[]
    expect(detailed?.text).toBe(plain?.text)
    expect(detailed?.tokens !== undefined).toBe(capabilities.logprobs)
    if (capabilities.full) expect(detailed?.tokens?.[0]?.entropy).toBeGreaterThanOrEqual(0)
  }
  if (capabilities.prompt_logprobs) {
    const [mat, letters, empty] = answers.scored as [TokenScores, TokenScores, TokenScores]
    expect(mat).toMatchObject({ scoredBytes: 16 })
    expect(letters).toMatchObject({ scoredBytes: 12 })
    expect(empty).toMatchObject({ tokens: [], logprob: 0 })
    expect(mat.logprob).toBeGreaterThan(letters.logprob)
    expect(answers.mass).toMatchObject({ total: expect.any(Number) })
  }
  expect(answers.tooLong).toEqual({ error: expect.stringMatching(/context_too_long|too_large/) })
}

describe.each(recordings)('a recording of %s', (_name, recording) => {
  test('is answered again as it was, and soundly', async () => {
    const again = await askAll(recordedTarget(recording), replaying(recording))
    expect(again).toEqual({ capabilities: recording.capabilities, answers: recording.answers })
    expect(capabilitiesShape.parse(again.capabilities)).toEqual(again.capabilities)
    assertSound(again)
  })

  test('holds no key and no host', () => {
    expect(JSON.stringify(recording)).not.toMatch(/bearer|authorization|https?:\/\/(?!recorded)[^"\\ ]*:\d+/i)
  })
})

describe('recording', () => {
  test.each(['openai', 'vllm', 'assay'] as const)('a server of %s, and asking its record the same', async (dialect) => {
    const server = await startServer({ dialect, seed: 3, apiKey: 'sk-very-secret' })
    try {
      const target = { dialect, model: 'test-model', baseUrl: server.url, apiKey: 'sk-very-secret' }
      const recording = await record(target, 'the test server', (url, init) => fetch(url, init))
      const kept = JSON.stringify(recording)
      expect(kept.includes('sk-very-secret')).toBe(false)
      expect(kept.includes(`127.0.0.1:${server.port}`)).toBe(false)
      expect(kept.length).toBeLessThan(500_000)
      const again = await askAll(recordedTarget(recording), replaying(JSON.parse(kept)))
      expect(again).toEqual({ capabilities: recording.capabilities, answers: recording.answers })
      expect(again.answers.wrongModel).toEqual({ error: 'model_not_found' })
    } finally {
      await server.close()
    }
  })

  test('a question that was not asked is not answered', async () => {
    const empty = { exchanges: [] } as unknown as Recording
    await expect(replaying(empty)('http://recorded.example/v1/models', {})).rejects.toThrow('never asked')
  })
})
