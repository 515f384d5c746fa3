import type { Importer } from '../define.ts'
import { fieldsField, optionalText, textField } from '../importing.ts'
import type { PairItem } from './pair-cheating.ts'

const relations: readonly [key: string, outcome: string][] = [
  ['e', 'entailment'],
  ['n', 'neutral'],
  ['c', 'contradiction'],
]

const chaosNli: Importer<PairItem> = {
  format: 'jsonl',
  title: 'ChaosNLI (SNLI and MNLI parts), one record a line',
  required: ['example', 'label_counter'],
  toItem: (record, index) => {
    const example = fieldsField(record, 'example')
    const labels = fieldsField(record, 'label_counter')
    const counts = relations.map(([key]) => {
      const count = labels[key] ?? 0
      if (!Number.isInteger(count) || (count as number) < 0) throw new TypeError(`label_counter.${key} is no count`)
      return count as number
    })
    const premise = textField(example, 'premise')
    return {
      id: `chaosnli/${optionalText(record, 'uid') ?? index}`,
      cluster: `chaosnli/${premise.slice(0, 150)}`,
      x: `Premise: ${premise}\nHypothesis: ${textField(example, 'hypothesis')}\nHow does the hypothesis relate to the premise?`,
      outcomes: relations.map(([, outcome]) => outcome),
      wording: 'opinion',
      counts,
    }
  },
}

const labelled: Importer<PairItem> = {
  format: 'jsonl',
  title: 'Questions with several independent human labels each: `question`, `labels` (label → count)',
  required: ['question', 'labels'],
  toItem: (record, index) => {
    const labels = Object.entries(fieldsField(record, 'labels'))
    const counts = labels.map(([label, count]) => {
      if (!Number.isInteger(count) || (count as number) < 0) throw new TypeError(`labels.${label} is no count`)
      return count as number
    })
    if (labels.length < 2) throw new TypeError('field labels needs at least two labels; one nobody chose counts 0')
    return {
      id: `labelled/${optionalText(record, 'id') ?? index}`,
      x: textField(record, 'question'),
      outcomes: labels.map(([label]) => label),
      wording: 'opinion',
      counts,
    }
  },
}

/** ChaosNLI and any other set with several labels an item. */
export const pairImporters: Record<string, Importer<PairItem>> = {
  'chaosnli-jsonl': chaosNli,
  'labelled-jsonl': labelled,
}
