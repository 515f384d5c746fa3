import { z } from 'zod'
import { corrupt, NOISE_KINDS } from '../../methods/perturbation/noise.ts'
import type { Model } from '../../model/model.ts'
import { mode } from '../asking.ts'
import { defineBenchmark } from '../define.ts'
import { clipped } from '../report/rows.ts'
import { choiceFields, choiceShares, hasLabel, knownChoices, mmluImporter, unknownChoices } from './choice-shares.ts'
import { reportJointReliability } from './joint-reliability.report.ts'

const params = z
  .object({
    mode: mode.default('auto'),
    kinds: z
      .array(z.enum(NOISE_KINDS))
      .min(1)
      .max(NOISE_KINDS.length)
      .default(['typo', 'word-drop', 'word-shuffle', 'case', 'ocr'])
      .meta({ description: 'Corruptions of the question; the choices are never touched' }),
    severities: z.array(z.number().int().min(1).max(5)).min(1).max(5).default([1, 2, 3, 4, 5]),
    votes: z.number().int().min(2).max(50).default(10).meta({
      description: 'Samples whose shares stand for probabilities where the target shows no log-probabilities',
    }),
    level: z.enum(['easy', 'standard']).default('standard').meta({
      description: 'Built-in items: facts of all popularities, or (easy) popular ones and one-digit sums',
    }),
  })
  .strict()
export type JointParams = z.infer<typeof params>

const item = z
  .object({
    ...choiceFields,
    split: z.enum(['id', 'ood']).default('id').meta({ description: 'ood: nobody can know the answer' }),
    corrupted: z.boolean().default(false).meta({ description: 'Asked in every corruption and severity too' }),
  })
  .refine(hasLabel, { message: 'label is beyond the choices', path: ['label'] })
export type JointItem = z.infer<typeof item>

const shares = z.array(z.number().min(0).max(1)).nullable()
const answers = z.object({
  clean: shares,
  /** By kind and severity, in the order of the parameters; empty where the item is not corrupted. */
  corrupted: z.array(z.array(shares)),
})
const row = z.object({
  question: z.string(),
  choices: z.array(z.string()),
  label: z.number().int().nullable(),
  split: z.enum(['id', 'ood']),
  length: z.number().int(),
  /** Probabilities are shares of votes. */
  empirical: z.boolean(),
  /** By name: `target`, and the roles that were bound. */
  answers: z.record(z.string(), answers),
})
export type JointDetail = z.infer<typeof row>
export type JointAnswers = z.infer<typeof answers>

/** Other targets that are measured on the same items; the baseline is what corruption errors are relative to. */
export const JOINT_ROLES = ['baseline', 'variant2', 'variant3', 'variant4'] as const

export const jointReliability = defineBenchmark({
  id: 'joint-reliability',
  family: 'uncertainty',
  version: 1,
  title: 'Accuracy, calibration, corruption and foreign questions in one report',
  question:
    'Is a cheap change (prompt, temperature, fine-tune, quantisation) good for accuracy, calibration, corrupted and foreign questions together?',
  formula:
    'conf = max_c p_c over the letters. CE_k = Σ_s err_{k,s} / Σ_s err^base_{k,s}, mCE = mean over kinds; relative mCE of err − clean err. Foreign questions: ROC AUC of conf, FPR at 95 % recall, min ½(1 − TPR + FPR).',
  source: { title: 'An Empirical Evaluation on Robustness and Uncertainty of Regularization Methods', card: 'A38' },
  needs: ['text'],
  wants: ['logprobs'],
  roles: [...JOINT_ROLES],
  params,
  item,
  row,
  sizes: { smoke: 6, demo: 40, full: 600 },
  callsPerItem: ({ kinds, severities, votes }, capabilities) => {
    const each = capabilities?.logprobs === false ? votes : 1
    const corrupted = kinds.length * severities.length
    return { typical: Math.ceil(each * (1 + corrupted / 6)), most: each * (1 + corrupted) }
  },
  builtin: (random, size, { level }): JointItem[] => {
    const foreign = Math.floor(size / 3)
    const known = knownChoices(random, size - foreign, level)
    return [
      // Every fourth known question is corrupted: 100 of 400.
      ...known.map((one, index) => ({ ...one, split: 'id' as const, corrupted: index % 4 === 0 })),
      ...unknownChoices(random, foreign, known).map((one) => ({ ...one, split: 'ood' as const, corrupted: false })),
    ]
  },
  importers: {
    'mmlu-jsonl': mmluImporter(
      'MMLU, one record a line, as known questions',
      'mmlu',
      (choice): JointItem => ({
        ...choice,
        split: 'id',
        corrupted: false,
      }),
    ),
    'mmlu-corrupted-jsonl': mmluImporter(
      'MMLU, one record a line, as known questions that are corrupted too',
      'mmlu',
      (choice): JointItem => ({ ...choice, split: 'id', corrupted: true }),
    ),
    'choices-ood-jsonl': mmluImporter(
      'Another set of choices of the same shape, as foreign questions',
      'ood',
      (choice): JointItem => ({ ...choice, split: 'ood', corrupted: false }),
    ),
  },
  async evaluate({ item, target, roles, params, random }) {
    const texts = params.kinds.map((kind) =>
      params.severities.map((severity) => corrupt(item.question, kind, severity, random.fork(`${kind}/${severity}`))),
    )
    const models: [string, Model][] = [
      ['target', target],
      ...JOINT_ROLES.flatMap((role): [string, Model][] => (roles[role] ? [[role, roles[role]]] : [])),
    ]
    const answered = await Promise.all(
      models.map(async ([name, model]): Promise<[string, JointAnswers]> => {
        const asked = (question: string) =>
          choiceShares(model, params.mode, { question, choices: item.choices }, { votes: params.votes })
        const [clean, corrupted] = await Promise.all([
          asked(item.question),
          Promise.all((item.corrupted ? texts : []).map((list) => Promise.all(list.map(asked)))),
        ])
        return [name, { clean, corrupted }]
      }),
    )
    const own = answered[0]?.[1].clean ?? null
    return {
      ...(own === null
        ? { status: 'skipped' as const, score: null, reason: 'no_answers' }
        : { status: 'scored' as const, score: item.label === null ? Math.max(...own) : (own[item.label] as number) }),
      detail: {
        question: clipped(item.question),
        choices: item.choices.map((choice) => clipped(choice, 120)),
        label: item.split === 'ood' ? null : item.label,
        split: item.split,
        length: item.question.length,
        empirical: !target.capabilities.logprobs,
        answers: Object.fromEntries(answered),
      },
    }
  },
  report: reportJointReliability,
})
