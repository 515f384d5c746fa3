import { jsonrepair } from 'jsonrepair'
import { keepsAnchors, paraphrases } from '../../methods/perturbation/paraphrase.ts'
import type { Random } from '../../methods/random.ts'
import { normalizeAnswer } from '../../methods/text/normalize.ts'
import type { Model } from '../../model/model.ts'
import { ask, type Mode, textOf } from '../asking.ts'
import { mentionsAny } from '../correctness.ts'

export interface Paraphrases {
  texts: string[]
  /** How many of them the model wrote; the rest follow rules. */
  byModel: number
  /** Questions asked of the model. */
  calls: number
}

/** The strings of a JSON list, however badly it is written; failing that, the lines of the text without their numbers. */
export function listedTexts(reply: string): string[] {
  const start = reply.indexOf('[')
  if (start >= 0) {
    try {
      const parsed: unknown = JSON.parse(jsonrepair(reply.slice(start)))
      if (Array.isArray(parsed)) return parsed.filter((one) => typeof one === 'string').map((one) => one.trim())
    } catch {
      // No list after all: the lines are tried instead.
    }
  }
  return reply
    .split('\n')
    .map((line) =>
      line
        .replace(/^\s*(?:\d{1,2}[.)]|[-*•])\s*/, '')
        .replace(/^"|",?$/g, '')
        .trim(),
    )
    .filter((line) => line.includes(' '))
}

/** Whether a paraphrase asks the same: numbers and names kept, no gold answer given away, not the question itself. */
export function isFair(question: string, paraphrase: string, answers: readonly string[]): boolean {
  const same = normalizeAnswer(paraphrase) === normalizeAnswer(question)
  const leaks = mentionsAny(paraphrase, answers) && !mentionsAny(question, answers)
  return paraphrase.length > 3 && paraphrase.length < 1000 && !same && !leaks && keepsAnchors(question, paraphrase)
}

/**
 * `count` rewordings of a question: by the model as a JSON list, asked once more where too few are fair, and by rules for
 * what is still wanting (or for all of them). Wordings that the item brings along come first among the rules'.
 */
export async function reword(
  target: Model,
  given: { mode: Mode; by: 'model' | 'rules'; count: number; question: string; answers: readonly string[] },
  random: Random,
): Promise<Paraphrases> {
  const { question, answers, count } = given
  const kept = new Map<string, string>()
  const keep = (texts: readonly string[]) => {
    for (const text of texts)
      if (kept.size < count && isFair(question, text, answers) && !kept.has(normalizeAnswer(text)))
        kept.set(normalizeAnswer(text), text)
  }
  let calls = 0
  if (given.by === 'model') {
    const prompt = `Rewrite the question in ${count} different ways with the same meaning. Reply with a JSON list of ${count} strings.\nQuestion: ${question}`
    while (calls < 2 && kept.size < count) {
      keep(
        listedTexts(
          textOf(await ask(target, given.mode, prompt, { temperature: 0.7, maxTokens: 40 * count, repeat: calls })),
        ),
      )
      calls++
    }
  }
  const byModel = kept.size
  keep(paraphrases(question, 3 * count, random))
  return { texts: [...kept.values()], byModel, calls }
}
