const PERCENT = /(?<![\d.,])(\d{1,3}(?:\.\d{1,6})?)\s{0,2}(?:%|percent\b|per cent\b)/gi
const LABELLED =
  /\b(?:probability|confidence|certainty|confident|sure|likelihood|chance)\b[^\d\n.%]{0,30}?(\d{1,3}(?:\.\d{1,6})?|\.\d{1,6})(?![\d,])/gi
const SHARE = /(?<![\d.,])(?:0?\.\d{1,6}|1\.0{1,6}|0\.0{1,6})(?![\d.]*\d)/g
const FRACTION = /(?<!\d)(\d{1,3})\s?\/\s?(10|100)(?!\d)/g

/**
 * A probability that a text states ("85 %", "0.85", "confidence: 8/10"), in [0, 1]; the last one counts, a labelled or
 * percent form before a bare share. Null when none can be read or it lies outside [0, 1].
 */
export function statedProbability(text: string): number | null {
  const last = (pattern: RegExp) => [...text.matchAll(pattern)].at(-1)
  const fraction = last(FRACTION)
  if (fraction) return inUnit(Number(fraction[1]) / Number(fraction[2]))
  const percent = last(PERCENT)
  if (percent) return inUnit(Number(percent[1]) / 100)
  const labelled = last(LABELLED)?.[1]
  if (labelled !== undefined) {
    const value = Number(labelled)
    return inUnit(value > 1 ? value / 100 : value)
  }
  const share = last(SHARE)
  if (share) return inUnit(Number(share[0]))
  const bare = /^\s*(\d{1,3}(?:\.\d+)?)\s*\.?\s*$/.exec(text.slice(0, 40))?.[1]
  if (bare === undefined || text.length > 40) return null
  const value = Number(bare)
  return inUnit(value > 1 ? value / 100 : value)
}

const inUnit = (value: number): number | null => (value >= 0 && value <= 1 ? value : null)

/** Probabilities of verbal expressions, the more specific before those that they contain. */
export const LINGUISTIC_CONFIDENCE: readonly (readonly [phrase: string, probability: number])[] = [
  ['almost certain', 0.95],
  ['almost no chance', 0.02],
  ['highly likely', 0.9],
  ['highly unlikely', 0.05],
  ['very good chance', 0.8],
  ['very likely', 0.9],
  ['very unlikely', 0.1],
  ['better than even', 0.6],
  ['about even', 0.5],
  ['little chance', 0.1],
  ['chances are slight', 0.1],
  ['probably not', 0.25],
  ['improbable', 0.15],
  ['unlikely', 0.2],
  ['we doubt', 0.2],
  ['i doubt', 0.2],
  ['certain', 0.98],
  ['probable', 0.7],
  ['probably', 0.7],
  ['we believe', 0.75],
  ['i believe', 0.75],
  ['likely', 0.7],
]

/**
 * Probability of the first expression of the map that occurs in the text as whole words; null when none does.
 * K. Tian et al., Just ask for calibration, EMNLP 2023; values after S. Kent's words of estimative probability.
 */
export function linguisticProbability(text: string, map = LINGUISTIC_CONFIDENCE): number | null {
  const words = ` ${(text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? []).join(' ')} `
  return map.find(([phrase]) => words.includes(` ${phrase} `))?.[1] ?? null
}
