import { anchors } from '../../methods/perturbation/paraphrase.ts'
import { numbersIn } from '../../methods/text/numbers.ts'
import { wordTokens } from '../../methods/text/words.ts'

const openers = ['what', 'which', 'who', 'where', 'when', 'how', 'name'] as const

/**
 * What can be told of a question without asking any model: its length, its opening word, names and numbers in it, long
 * words, negations and vague words. In this order of columns.
 */
export function queryFeatures(question: string): number[] {
  const words = wordTokens(question)
  const count = Math.max(1, words.length)
  const among = (list: readonly string[]) => words.filter((word) => list.includes(word)).length
  return [
    Math.log(count),
    words.reduce((sum, word) => sum + word.length, 0) / count,
    anchors(question).size,
    numbersIn(question).length,
    among(['not', 'no', 'never', 'untrue', 'deny', 'other']),
    among(['it', 'its', 'they', 'them', 'that', 'one', 'this', 'those']),
    among(['more', 'less', 'rather', 'kind', 'sort', 'usual', 'better', 'best']),
    (question.match(/[,;:]/g) ?? []).length,
    ...openers.map((opener) => Number(words[0] === opener)),
  ]
}
