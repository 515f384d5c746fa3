import { z } from 'zod'
import type { InboundMessage, InboundVerdict } from './inbound.ts'
import { toleranceSeconds, verify } from './signature.ts'

/** All fields are the sender's choice: the hook's template says what runs. */
const startMessage = z.object({
  type: z.string().max(200).optional(),
  deploymentId: z.string().min(1).max(200).optional(),
})

/**
 * Reads a message signed by Standard Webhooks, from any sender. Each starts a run, once per `webhook-id`; its
 * `deploymentId`, where it names one, keeps answers of earlier deployments out.
 */
export async function readStandard(message: InboundMessage, secrets: string[], now: number): Promise<InboundVerdict> {
  const key = message.header('webhook-id') ?? ''
  const timestamp = message.header('webhook-timestamp') ?? ''
  const signature = message.header('webhook-signature') ?? ''
  if (!/^[!-~]{1,200}$/.test(key) || !/^\d{1,12}$/.test(timestamp) || signature === '') {
    return { verdict: 'refused', why: 'The headers webhook-id, webhook-timestamp and webhook-signature are needed.' }
  }
  const age = Math.abs(now / 1000 - Number(timestamp))
  if (age > toleranceSeconds) {
    return {
      verdict: 'refused',
      why: `webhook-timestamp is ${Math.round(age)} s off; at most ${toleranceSeconds} s are.`,
    }
  }
  if (!(await verify(secrets, key, Number(timestamp), message.body, signature))) {
    return { verdict: 'refused', why: 'No signature fits the body under this hook’s secret.' }
  }
  let parsed: z.ZodSafeParseResult<z.infer<typeof startMessage>>
  try {
    parsed = startMessage.safeParse(message.body.trim() === '' ? {} : JSON.parse(message.body))
  } catch {
    return { verdict: 'malformed', why: 'The body is no JSON.' }
  }
  if (!parsed.success) {
    return {
      verdict: 'malformed',
      why: 'The body must be a JSON object; `type` and `deploymentId`, if there, strings.',
    }
  }
  const { type, deploymentId } = parsed.data
  const why = deploymentId === undefined ? `message ${key}` : `deployment ${deploymentId}`
  const event = type ?? 'message'
  return { verdict: 'start', event, key, hookKey: key, deploymentId: deploymentId ?? null, why }
}
