import { z } from 'zod'
import { corrupt, NOISE_KINDS } from '../../methods/perturbation/noise.ts'
import type { Model } from '../../model/model.ts'
import { mode } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import {
  choiceFields,
  choiceShares,
  hasLabel,
  knownChoices,
  mmluImporter,
  unknownChoices,
  WORDINGS,
} from './choice-shares.ts'
import { reportTargetEnsemble } from './target-ensemble.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    pseudo: z.number().int().min(2).max(WORDINGS.length).default(3).meta({
      description: 'Wordings of the question that stand for members where no other target is bound',
    }),
    kinds: z
      .array(z.enum(NOISE_KINDS))
      .min(1)
      .default(['typo', 'word-drop', 'ocr'])
      .meta({ description: 'Corruptions of the built-in shifted questions, by turns' }),
    severity: z.number().int().min(1).max(5).default(3),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description: 'Built-in items: facts of all popularities, or (easy) popular ones and one-digit sums',
    }),
  })
  .strict()
export type EnsembleParams = z.infer<typeof params>

const item = z
  .object({
    ...choiceFields,
    split: z.enum(['id', 'shifted', 'ood']).default('id').meta({
      description: 'id: as the model knows them. shifted: known, but put otherwise. ood: nobody can know the answer',
    }),
  })
  .refine(hasLabel, { message: 'label is beyond the choices', path: ['label'] })
export type EnsembleItem = z.infer<typeof item>

const row = z.object({
  question: z.string(),
  choices: z.array(z.string()),
  label: z.number().int().nullable(),
  split: z.enum(['id', 'shifted', 'ood']),
  /** Members are wordings of one target. */
  pseudo: z.boolean(),
  /** Each member's single choice stands for its probabilities. */
  votes: z.boolean(),
  members: z.array(z.object({ name: z.string(), shares: z.array(z.number().min(0).max(1)).nullable() })),
  larger: z.array(z.number().min(0).max(1)).nullable(),
})
export type EnsembleDetail = z.infer<typeof row>

const MEMBERS = ['member2', 'member3', 'member4', 'member5'] as const

export const targetEnsemble = defineBenchmark({
  id: 'target-ensemble',
  family: 'uncertainty',
  version: 1,
  title: 'Is an ensemble worth it?',
  question: 'Does combining several targets give better uncertainty or robustness than one stronger target?',
  formula:
    'p̄ = mean_m p_m. Gain = mean_m metric(p_m) − metric(p̄). Brier gap = mean over items of Σ_c Var_m p_m,c. Diversity: disagreement, variance, MI = H(p̄) − mean H(p_m). Headline: shifted NLL of the larger target minus that of the ensemble.',
  source: { title: 'Deep Ensembles Work, But Are They Necessary?', card: 'A39' },
  needs: ['text'],
  wants: ['logprobs'],
  roles: [...MEMBERS, 'larger'],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 60, full: 600 },
  callsPerItem: ({ pseudo }) => ({ typical: pseudo, most: pseudo }),
  builtin: (random, size, { level, kinds, severity }): EnsembleItem[] => {
    const foreign = Math.floor(size / 5)
    const known = knownChoices(random, size - foreign, level)
    const noise = random.fork('shift')
    return [
      // By twos, so that facts and sums fall on both sides.
      ...known.map((one, index): EnsembleItem => {
        if (Math.floor(index / 2) % 2 === 0) return { ...one, split: 'id' }
        const kind = kinds[Math.floor(index / 4) % kinds.length] as (typeof kinds)[number]
        return { ...one, question: corrupt(one.question, kind, severity, noise.fork(index)), split: 'shifted' }
      }),
      ...unknownChoices(random, foreign, known).map((one): EnsembleItem => ({ ...one, split: 'ood' })),
    ]
  },
  importers: {
    'mmlu-jsonl': mmluImporter(
      'MMLU, one record a line, as known questions',
      'mmlu',
      (choice): EnsembleItem => ({ ...choice, split: 'id' }),
    ),
    'choices-shifted-jsonl': mmluImporter(
      'Choices of the same shape from another source, as shifted questions',
      'shifted',
      (choice): EnsembleItem => ({ ...choice, split: 'shifted' }),
    ),
    'choices-ood-jsonl': mmluImporter(
      'Choices of the same shape, as foreign questions',
      'ood',
      (choice): EnsembleItem => ({ ...choice, split: 'ood' }),
    ),
  },
  async evaluate({ item, target, roles, params }) {
    const others = MEMBERS.flatMap((role): [string, Model][] => (roles[role] ? [[role, roles[role]]] : []))
    const pseudo = others.length === 0
    const members: { name: string; model: Model; wording: number }[] = pseudo
      ? Array.from({ length: params.pseudo }, (_, wording) => ({
          name: `wording ${wording + 1}`,
          model: target,
          wording,
        }))
      : [{ name: 'target', model: target, wording: 0 }, ...others.map(([name, model]) => ({ name, model, wording: 0 }))]
    const asked = (model: Model, wording: number) => choiceShares(model, params.mode, item, { votes: 1, wording })
    const [shares, larger] = await Promise.all([
      Promise.all(members.map(({ model, wording }) => asked(model, wording))),
      roles.larger ? asked(roles.larger, 0) : null,
    ])
    const complete = shares.every((one) => one !== null)
    const detail: EnsembleDetail = {
      question: clipped(item.question),
      choices: item.choices.map((choice) => clipped(choice, 120)),
      label: item.split === 'ood' ? null : item.label,
      split: item.split,
      pseudo,
      votes: !members.every(({ model }) => model.capabilities.logprobs),
      members: members.map(({ name }, place) => ({ name, shares: shares[place] ?? null })),
      larger,
    }
    if (!complete) return { status: 'skipped', score: null, reason: 'no_answers', detail }
    const mean = item.choices.map(
      (_, place) => shares.reduce((sum, one) => sum + ((one as number[])[place] as number), 0) / shares.length,
    )
    return {
      status: 'scored',
      score: detail.label === null ? Math.max(...mean) : (mean[detail.label] as number),
      detail,
    }
  },
  report: reportTargetEnsemble,
})
