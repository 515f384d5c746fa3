import { z } from 'zod'
import type { InboundMessage, InboundVerdict } from './inbound.ts'
import { hmacKey } from './signature.ts'

/** The fields that count of GitHub's `deployment_status` event; it has many more. */
const deploymentStatus = z.object({
  deployment_status: z.object({ state: z.string(), environment: z.string().optional() }),
  deployment: z.object({ sha: z.string().regex(/^[0-9a-f]{7,64}$/i), environment: z.string() }),
  repository: z.object({ full_name: z.string().min(3).max(300) }),
})

/** Whether `X-Hub-Signature-256` fits the raw body under any of the secrets, compared in constant time. */
export async function verifyGithub(secrets: string[], body: string, header: string | undefined): Promise<boolean> {
  const hex = /^sha256=([0-9a-f]{64})$/i.exec(header ?? '')?.[1]
  if (hex === undefined) return false
  const signature = Uint8Array.from(hex.match(/../g) as string[], (pair) => Number.parseInt(pair, 16))
  const encoder = new TextEncoder()
  for (const secret of secrets) {
    const key = await hmacKey(encoder.encode(secret))
    if (await crypto.subtle.verify('HMAC', key, signature, encoder.encode(body))) return true
  }
  return false
}

/**
 * Reads a GitHub webhook. A successful deployment starts a run, once per repository, sha and environment: GitHub
 * sends several states of one deployment, in no sure order, and repeats them.
 */
export async function readGithub(
  message: InboundMessage,
  secrets: string[],
  environments: string[],
): Promise<InboundVerdict> {
  if (!(await verifyGithub(secrets, message.body, message.header('x-hub-signature-256')))) {
    return { verdict: 'refused', why: 'X-Hub-Signature-256 does not fit the body under this hook’s secret.' }
  }
  const key = message.header('x-github-delivery') ?? ''
  const event = message.header('x-github-event') ?? ''
  if (!/^[\w-]{1,100}$/.test(key) || !/^\w{1,100}$/.test(event)) {
    return { verdict: 'malformed', why: 'X-GitHub-Delivery and X-GitHub-Event are needed.' }
  }
  if (event === 'ping') return { verdict: 'ignored', event, key, why: 'pong' }
  if (event !== 'deployment_status') {
    return { verdict: 'ignored', event, key, why: `the event ${event} starts nothing; deployment_status does` }
  }
  let parsed: z.ZodSafeParseResult<z.infer<typeof deploymentStatus>>
  try {
    parsed = deploymentStatus.safeParse(JSON.parse(message.body))
  } catch {
    return { verdict: 'malformed', why: 'The body is no JSON; set the webhook’s content type to application/json.' }
  }
  if (!parsed.success) return { verdict: 'malformed', why: 'The body is no deployment_status event.' }
  const { deployment, deployment_status: status, repository } = parsed.data
  const environment = status.environment ?? deployment.environment
  if (status.state !== 'success') {
    return { verdict: 'ignored', event, key, why: `state ${status.state}; a run starts at success` }
  }
  if (environments.length > 0 && !environments.includes(environment)) {
    return { verdict: 'ignored', event, key, why: `environment ${environment} is none of this hook’s` }
  }
  const sha = deployment.sha.toLowerCase()
  const why = `${repository.full_name} at ${sha.slice(0, 12)} on ${environment}`
  const hookKey = `${repository.full_name}@${sha}@${environment}`
  return { verdict: 'start', event, key, hookKey, deploymentId: sha, why }
}
