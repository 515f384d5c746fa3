import { estimators } from '../../src/benchmarks/uncertainty/estimators.ts'
import { idkToken } from '../../src/benchmarks/uncertainty/idk-token.ts'
import { signals } from '../../src/benchmarks/uncertainty/iterative-prompting.sets.ts'
import { iterativePrompting } from '../../src/benchmarks/uncertainty/iterative-prompting.ts'
import { pairCheating } from '../../src/benchmarks/uncertainty/pair-cheating.ts'
import { randomFrom } from '../../src/methods/random.ts'
import { rocAuc } from '../../src/methods/statistics/binary-classification.ts'
import { bootstrapPairsInterval } from '../../src/methods/statistics/bootstrap.ts'
import { entropy } from '../../src/methods/statistics/divergence.ts'
import { chanceWorldBelief, exactDependence, type KnownQuestion, worldBelief } from '../servers/known-world.ts'
import { evaluate, type KnownTarget, openTarget } from './target.ts'
import { estimatorItems, idkItems, iterativeItems, pairItems, twinExperiments } from './worlds.ts'

/** One measure on the two sorts of uncertain items, and whether its source says that it tells them apart. */
export interface Separation {
  benchmark: string
  measure: string
  /** Of unknown against truly ambiguous items. */
  auc: number
  low: number
  high: number
  unknown: number
  ambiguous: number
  expected: 'separates' | 'does not'
  holds: boolean
}

/** Confidence of the intervals: some thirty measures are looked at side by side. */
const CONFIDENCE = 0.999
/** A measure that is to separate must do so by more than a hair. */
const CLEARLY = 0.6

function separation(
  benchmark: string,
  measure: string,
  expected: Separation['expected'],
  values: readonly { value: number; unknown: boolean }[],
): Separation {
  const [scores, labels] = [values.map(({ value }) => value), values.map(({ unknown }) => Number(unknown))]
  const auc = rocAuc(scores, labels) ?? Number.NaN
  const ends = bootstrapPairsInterval(rocAuc, scores, labels, {
    random: randomFrom('separation', benchmark, measure),
    resamples: 2000,
    confidence: CONFIDENCE,
  })
  const [low, high] = [ends?.low ?? Number.NaN, ends?.high ?? Number.NaN]
  const unknown = labels.filter((label) => label === 1).length
  const holds = expected === 'separates' ? low > 0.5 && auc >= CLEARLY : low <= 0.5 && high >= 0.5
  return { benchmark, measure, auc, low, high, unknown, ambiguous: labels.length - unknown, expected, holds }
}

/** Estimators that look at what the model does not know; all others measure uncertainty as a whole. */
const epistemic = /^(EpistemicMI|CheatRatio|IDKMass$|SelfEval|PTrue|Verbalized|Linguistic)/

type Detail = { values: Record<string, number | null>; stratum: string | null }

/** What `questions` of one kind each say of a measure. */
const valuesOf = (
  kinds: ReadonlyMap<string, KnownQuestion['kind']>,
  rows: { itemId: string; value: number | null }[],
) =>
  rows.flatMap(({ itemId, value }) => {
    const kind = kinds.get(itemId)
    return value === null || kind === 'known' || kind === undefined ? [] : [{ value, unknown: kind === 'unknown' }]
  })

/**
 * Runs the four benchmarks on the known world and tells for every measure how well it parts unknown from truly
 * ambiguous items. Both have answers as spread as each other, so that whatever looks at the spread alone cannot.
 */
export async function separations(questions: readonly KnownQuestion[], seed: number): Promise<Separation[]> {
  const kinds = new Map(questions.map(({ id, kind }) => [id, kind]))
  const target = await openTarget(worldBelief(questions))
  try {
    return [
      ...(await iterativeSeparations(target, kinds, questions, seed)),
      ...(await idkSeparations(target, kinds, questions, seed)),
      ...(await estimatorSeparations(target, kinds, questions, seed)),
      ...(await pairSeparations(Math.ceil(questions.length / 6), seed)),
    ]
  } finally {
    await target.close()
  }
}

type Kinds = ReadonlyMap<string, KnownQuestion['kind']>

async function iterativeSeparations(
  target: KnownTarget,
  kinds: Kinds,
  questions: readonly KnownQuestion[],
  seed: number,
) {
  const rows = await evaluate(target, {
    benchmark: iterativePrompting,
    items: iterativeItems(questions),
    params: { amplification: false },
    seed,
  })
  return signals.map(({ id, of }) =>
    separation(
      'iterative-prompting',
      id,
      // Here what an answer shown does is plain copying: one pseudo-count. Taken out, nothing is left.
      id === 'information' || id === 'pTrue' ? 'separates' : 'does not',
      valuesOf(
        kinds,
        rows.map((row) => ({ itemId: row.itemId, value: of(row as Parameters<typeof of>[0]) })),
      ).map(({ value, unknown }) => ({ value: Math.round(value * 1e9) / 1e9, unknown })),
    ),
  )
}

async function idkSeparations(target: KnownTarget, kinds: Kinds, questions: readonly KnownQuestion[], seed: number) {
  const rows = await evaluate(target, {
    benchmark: idkToken,
    items: idkItems(questions),
    params: { mode: 'completion' },
    seed,
  })
  type IdkRow = { mass: number; firstTokenProbability: number; pTrue: number; largestClass: number }
  const measures: [string, Separation['expected'], (detail: IdkRow) => number][] = [
    ['IDK mass', 'separates', ({ mass }) => mass],
    ['says its answer is false', 'separates', ({ pTrue }) => -pTrue],
    ['probability of the first token', 'does not', ({ firstTokenProbability }) => -firstTokenProbability],
    ['largest class of samples', 'does not', ({ largestClass }) => -largestClass],
  ]
  return measures.map(([name, expected, of]) =>
    separation(
      'idk-token',
      name,
      expected,
      valuesOf(
        kinds,
        rows.map(({ itemId, detail }) => ({ itemId, value: of(detail as IdkRow) })),
      ),
    ),
  )
}

async function estimatorSeparations(
  target: KnownTarget,
  kinds: Kinds,
  questions: readonly KnownQuestion[],
  seed: number,
) {
  const rows = await evaluate(target, {
    benchmark: estimators,
    items: estimatorItems(questions),
    params: { mode: 'completion' },
    seed,
  })
  const details = rows.map(({ itemId, detail }) => ({ itemId, values: (detail as Detail).values }))
  const names = [...new Set(details.flatMap(({ values }) => Object.keys(values)))]
  return names.flatMap((name) => {
    const values = valuesOf(
      kinds,
      details.map(({ itemId, values }) => ({ itemId, value: values[name] ?? null })),
    )
    // What the target does not give, and what is the same for all, says nothing.
    if (new Set(values.map(({ value }) => value)).size < 2) return []
    return [separation('estimators', name, epistemic.test(name) ? 'separates' : 'does not', values)]
  })
}

async function pairSeparations(pairs: number, seed: number): Promise<Separation[]> {
  const questions = twinExperiments(seed, pairs)
  const target = await openTarget(chanceWorldBelief(questions, exactDependence))
  try {
    const rows = await evaluate(target, { benchmark: pairCheating, items: pairItems(questions), seed })
    type PairRow = { known: boolean; cheat: number; netCheat: number; probabilities: number[] }
    const measures: [string, Separation['expected'], (detail: PairRow) => number][] = [
      ['cheating', 'separates', ({ cheat }) => cheat],
      ['net cheating', 'separates', ({ netCheat }) => netCheat],
      ['entropy of the probabilities', 'does not', ({ probabilities }) => entropy(probabilities) ?? 0],
    ]
    return measures.map(([name, expected, of]) =>
      separation(
        'pair-cheating',
        name,
        expected,
        rows.map(({ detail }) => ({
          value: Math.round(of(detail as PairRow) * 1e9) / 1e9,
          unknown: !(detail as PairRow).known,
        })),
      ),
    )
  } finally {
    await target.close()
  }
}
