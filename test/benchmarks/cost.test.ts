import { describe, expect, it } from 'vitest'
import type { SuiteName } from '../../schema/benchmark.ts'
import { findBenchmark } from '../../src/benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../../src/benchmarks/define.ts'
import { suiteParams, suites } from '../../src/benchmarks/suites.ts'
import { hash32 } from '../../src/methods/random.ts'
import { rowsOf } from './running.ts'
import { scriptedModel } from './world-model.ts'

/** About four characters a token, as English has. */
const tokens = (text: string): number => Math.ceil(text.length / 4)

/** A model of many short answers, so that candidates differ as those of a small real model do. */
const talkative = () =>
  scriptedModel((prompt, { scoring }) =>
    scoring
      ? []
      : Array.from({ length: 10 }, (_, place): [string, number] => [`Answer ${hash32(prompt, place) % 97}`, 0.1]),
  )

/** Tokens that a suite's benchmark reads and may at most write at its default size. */
async function costOf(benchmark: AnyBenchmark, suite: SuiteName) {
  const target = talkative()
  const size = suites[suite].defaultSize
  await rowsOf(benchmark, target, { size: benchmark.sizes[size], params: suiteParams(suite, benchmark.id, size) })
  let [read, written] = [0, 0]
  for (const { prompt, sampling, continuations } of target.asked) {
    // A prompt is read once, however many continuations or samples follow it.
    read += tokens(prompt) + (continuations ?? []).reduce((sum, one) => sum + tokens(one), 0)
    if (!continuations) written += (sampling?.n ?? 1) * (sampling?.maxTokens ?? 64)
  }
  return { id: benchmark.id, items: benchmark.sizes[size], calls: target.asked.length, read, written }
}

describe('what a suite costs', () => {
  it.each([
    ['core', 45_000, 10_000],
    ['uncertainty', 150_000, 32_000],
    ['smoke', 4_000, 600],
  ] as const)('%s fits a small machine', async (suite, mostRead, mostWritten) => {
    const rows = await Promise.all(
      suites[suite].benchmarks.map((id) => costOf(findBenchmark(id) as AnyBenchmark, suite)),
    )
    console.table(rows)
    expect(rows.reduce((sum, row) => sum + row.read, 0)).toBeLessThan(mostRead)
    expect(rows.reduce((sum, row) => sum + row.written, 0)).toBeLessThan(mostWritten)
  })
})
