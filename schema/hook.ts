import { z } from 'zod'
import { runRequest } from './run.ts'
import { runStatus, stopReason } from './states.ts'

const name = z.string().trim().min(1).max(200)
const url = z.url({ protocol: /^https?$/ }).max(2000)
const environments = z
  .array(z.string().min(1).max(255))
  .max(50)
  .meta({ description: 'GitHub: only deployments to these environments; empty: any' })
const secret = z.string().min(16).max(200).optional().meta({
  description: 'Shared signing secret; left out: one is made. Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes',
})

/** In: a deployment tells us and a run starts. */
const inboundRequest = z
  .object({
    direction: z.literal('in'),
    provider: z.enum(['github', 'standard']),
    name,
    secret,
    runTemplate: runRequest.meta({ description: 'The run that a message starts' }),
    environments: environments.default([]),
  })
  .strict()

/** Out: we tell a receiver that a run ended. */
const outboundRequest = z
  .object({ direction: z.literal('out'), provider: z.literal('standard').default('standard'), name, secret, url })
  .strict()

export const hookRequest = z
  .discriminatedUnion('direction', [inboundRequest, outboundRequest])
  .meta({ id: 'HookRequest' })
export type HookRequest = z.infer<typeof hookRequest>
export type HookRequestInput = z.input<typeof hookRequest>

export const hookPatch = z
  .object({ name, url, runTemplate: runRequest, environments, disabled: z.boolean() })
  .partial()
  .strict()
  .meta({ id: 'HookPatch' })
export type HookPatch = z.infer<typeof hookPatch>

export const hook = z
  .object({
    id: z.string(),
    direction: z.enum(['in', 'out']),
    provider: z.enum(['github', 'standard']),
    name: z.string(),
    url: z.string().nullable(),
    runTemplate: runRequest.nullable(),
    environments: z.array(z.string()),
    receives: z.string().nullable().meta({ description: 'Path that the sender posts to (direction `in`)' }),
    disabledAt: z.iso.datetime().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Hook' })
export type Hook = z.infer<typeof hook>

export const createdHook = hook
  .extend({ secret: z.string().meta({ description: 'Shown once: give it to the other side now' }) })
  .meta({ id: 'CreatedHook' })
export type CreatedHook = z.infer<typeof createdHook>

export const delivery = z
  .object({
    id: z.string(),
    hookId: z.string(),
    direction: z.enum(['in', 'out']),
    event: z.string(),
    key: z.string().meta({ description: "The sender's delivery id (in) or the `webhook-id` we sent (out)" }),
    runId: z.string().nullable(),
    status: z.enum(['accepted', 'ignored', 'pending', 'delivered', 'failed']),
    detail: z.string().nullable(),
    attempts: z.number().int(),
    nextAttemptAt: z.iso.datetime().nullable(),
    responseStatus: z.number().int().nullable(),
    createdAt: z.iso.datetime(),
    finishedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Delivery' })
export type Delivery = z.infer<typeof delivery>

/** What an inbound message is answered with. */
export const inboundAnswer = z
  .object({
    status: z.enum(['accepted', 'ignored']),
    deliveryId: z.string(),
    runId: z.string().nullable(),
    detail: z.string(),
  })
  .meta({ id: 'InboundAnswer' })
export type InboundAnswer = z.infer<typeof inboundAnswer>

/** The body of our outbound messages: thin, the rest is read by the API. Signed by Standard Webhooks. */
export const runFinishedEvent = z
  .object({
    type: z.enum(['run.finished', 'webhook.test']),
    timestamp: z.iso.datetime(),
    data: z.object({
      runId: z.string().nullable(),
      status: runStatus.nullable(),
      stopReason: stopReason.nullable(),
      reportUrl: z.string().optional(),
      headlines: z.array(
        z.object({
          benchmarkId: z.string(),
          metricId: z.string(),
          value: z.number().nullable(),
          low: z.number().nullable(),
          high: z.number().nullable(),
          n: z.number().int(),
        }),
      ),
    }),
  })
  .meta({ id: 'RunFinishedEvent' })
export type RunFinishedEvent = z.infer<typeof runFinishedEvent>
