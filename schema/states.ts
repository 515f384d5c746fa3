import { z } from 'zod'

/** queued → running → done | degraded (over 20 % of items lost) | cancelled | failed. */
export const runStatuses = ['queued', 'running', 'done', 'degraded', 'cancelled', 'failed'] as const
export const runStatus = z.enum(runStatuses).meta({ id: 'RunStatus' })
export type RunStatus = z.infer<typeof runStatus>
export const finishedStatuses: readonly RunStatus[] = ['done', 'degraded', 'cancelled', 'failed']

/** Why a run ended other than by working through its items. */
export const stopReasons = [
  'budget_calls',
  'budget_tokens',
  'budget_money',
  'cancelled',
  'target_unreachable',
  'target_unauthorized',
  'model_not_found',
  'too_many_attempts',
  'internal',
] as const
export const stopReason = z.enum(stopReasons).meta({ id: 'StopReason' })
export type StopReason = z.infer<typeof stopReason>

export const scoreStatuses = ['scored', 'refused', 'error', 'skipped'] as const
export const scoreStatus = z.enum(scoreStatuses).meta({ id: 'ScoreStatus' })
export type ScoreStatus = z.infer<typeof scoreStatus>

/** What a run may spend at most; a field left out is no limit. */
export const budget = z
  .object({
    calls: z.number().int().positive().optional().meta({ description: 'Answers asked of the target' }),
    tokens: z.number().int().positive().optional().meta({ description: 'Prompt and completion tokens together' }),
    microUsd: z
      .number()
      .int()
      .positive()
      .optional()
      .meta({ description: 'Money, in millionths of a US dollar; needs prices on the target' }),
  })
  .strict()
  .meta({ id: 'Budget' })
export type Budget = z.infer<typeof budget>

export const limits = z
  .object({
    maxConnections: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: 'Most requests open at once per worker' }),
    requestTimeoutSeconds: z
      .number()
      .min(1)
      .max(600)
      .optional()
      .meta({ description: 'Longest wait for one answer (default 120)' }),
    maxBatch: z
      .number()
      .int()
      .min(1)
      .max(1024)
      .optional()
      .meta({ description: 'Most prompts per list request (default 64)' }),
  })
  .strict()
  .meta({ id: 'TargetLimits' })
export type TargetLimits = z.infer<typeof limits>

/** Micro-USD per million tokens. */
export const price = z
  .object({ prompt: z.number().min(0), completion: z.number().min(0) })
  .strict()
  .meta({ id: 'Price' })
export type Price = z.infer<typeof price>
