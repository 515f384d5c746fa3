import { z } from 'zod'
import { capabilities, dialectName } from './capabilities.ts'
import { limits, price } from './states.ts'

/** Of targets that name none of their own. */
export const usualReasoningTags: readonly string[] = ['think']

const fields = {
  name: z.string().trim().min(1).max(200),
  baseUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .meta({ description: 'Where the server answers, with its path: `https://api.example.com/v1`' }),
  model: z.string().min(1).max(300).meta({ description: 'As the server names it' }),
  dialect: dialectName,
  apiKey: z.string().min(1).max(4000).nullable().meta({ description: "The provider's key: sealed, never shown again" }),
  price: price.nullable().meta({ description: 'Micro-USD per million tokens; a budget in money needs it' }),
  limits,
  reasoningTags: z
    .array(z.string().regex(/^[A-Za-z][\w:-]{0,63}$/))
    .max(10)
    .meta({ description: 'Tags whose content is reasoning and not the answer, as `think`' }),
}

export const targetRequest = z
  .object({
    ...fields,
    apiKey: fields.apiKey.default(null),
    price: fields.price.default(null),
    limits: limits.default({}),
    reasoningTags: fields.reasoningTags.default([...usualReasoningTags]),
  })
  .strict()
  .meta({ id: 'TargetRequest' })
export type TargetRequest = z.infer<typeof targetRequest>
/** As a caller may write it, defaults left out. */
export type TargetRequestInput = z.input<typeof targetRequest>

export const targetPatch = z.object(fields).partial().strict().meta({ id: 'TargetPatch' })
export type TargetPatch = z.infer<typeof targetPatch>

export const target = z
  .object({
    id: z.string(),
    name: z.string(),
    baseUrl: z.string(),
    model: z.string(),
    dialect: dialectName,
    hasApiKey: z.boolean(),
    price: price.nullable(),
    limits,
    reasoningTags: z.array(z.string()),
    capabilities: capabilities.nullable().meta({ description: 'What the probe found by asking; null: not probed yet' }),
    probedAt: z.iso.datetime().nullable(),
    probeError: z.string().nullable(),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Target' })
export type Target = z.infer<typeof target>
