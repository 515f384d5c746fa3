import type { ZodError } from 'zod'
import { type Problem, type ProblemEntry, problem } from '../../schema/problem.ts'
import { PlanError, pointerTo } from '../runs/plan-error.ts'
import type { ApiContext } from './environment.ts'

/** Code → status and title. The code is the end of `type`, and the word to switch on. */
export const problemKinds = {
  'bad-request': [400, 'The request cannot be read'],
  unauthorized: [401, 'An API key is needed'],
  forbidden: [403, 'Not allowed'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  conflict: [409, 'In conflict with what is there'],
  'request-in-flight': [409, 'The first request with this key is still being answered'],
  'too-large': [413, 'Too large'],
  'unsupported-media-type': [415, 'Unsupported media type'],
  'invalid-request': [422, 'Some values are not valid'],
  'invalid-file': [422, 'The file has problems'],
  'key-reused': [422, 'The Idempotency-Key belongs to another request'],
  'address-refused': [422, 'This address may not be called'],
  'target-unreachable': [422, 'The target does not answer'],
  'target-unauthorized': [422, 'The target refuses the key'],
  'model-not-found': [422, 'The target has no such model'],
  'target-unusable': [422, 'The target does not answer as its dialect says'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong on our side'],
  'not-configured': [503, 'The server lacks a setting'],
} as const satisfies Record<string, readonly [number, string]>
export type ProblemKind = keyof typeof problemKinds

/** Raised anywhere below a handler; becomes an RFC 9457 answer. */
export class ProblemError extends Error {
  override name = 'ProblemError'
  readonly kind: ProblemKind
  readonly errors: ProblemEntry[] | undefined
  readonly headers: Record<string, string>

  constructor(kind: ProblemKind, detail: string, errors?: ProblemEntry[], headers: Record<string, string> = {}) {
    super(detail)
    this.kind = kind
    this.errors = errors
    this.headers = headers
  }
}

export const notFound = (what: string): ProblemError =>
  new ProblemError('not-found', `There is no such ${what}, or it is not yours.`)

/** The answer for a problem. */
export function problemResponse(context: ApiContext, error: ProblemError): Response {
  const [status, title] = problemKinds[error.kind]
  const body: Problem = {
    type: `urn:assay:problem:${error.kind}`,
    title,
    status,
    detail: error.message,
    instance: context.req.path,
    ...(error.errors && error.errors.length > 0 ? { errors: error.errors } : {}),
    requestId: context.get('requestId') ?? '',
  }
  return context.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json', ...error.headers })
}

/** Zod's issues, one entry each; unknown keys are named one by one. */
export function issuesOf(error: Pick<ZodError, 'issues'>): ProblemEntry[] {
  return error.issues.flatMap((issue): ProblemEntry[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        pointer: pointerTo(...issue.path, key),
        detail: 'There is no such field; leave it out.',
      }))
    }
    return [{ pointer: pointerTo(...issue.path), detail: issue.message }]
  })
}

const places = { json: 'body', form: 'form', query: 'query', param: 'path', header: 'headers', cookie: 'cookies' }

/** What zod-openapi calls with each validation's result: invalid input becomes a 422 that names every place. */
export function refuseInvalid(
  result: { target: string } & ({ success: true } | { success: false; error: ZodError }),
): undefined {
  if (result.success) return
  const place = places[result.target as keyof typeof places] ?? result.target
  const errors = issuesOf(result.error)
  const first = errors[0]
  const detail = `The ${place} is not valid${first ? `: ${first.pointer || 'as a whole'}: ${first.detail}` : ''}`
  throw new ProblemError('invalid-request', detail, errors)
}

/** What a refusal for its rate tells beside the problem: draft-ietf-httpapi-ratelimit-headers-10 and RFC 9110. */
const rateHeaders = {
  'Retry-After': { description: 'Seconds to wait', schema: { type: 'integer' as const } },
  'RateLimit-Policy': {
    description: 'The limit that was reached: `q` requests in `w` seconds',
    schema: { type: 'string' as const, example: '"key";q=1000;w=10' },
  },
  RateLimit: {
    description: 'What is left of it, `r`, until `t` seconds from now',
    schema: { type: 'string' as const, example: '"key";r=0;t=10' },
  },
}

/** The problem answers of a route, for its OpenAPI description. Any route may refuse who sends too many requests. */
export function problemAnswers<Status extends number = never>(...statuses: Status[]) {
  const answer = (status: number) => {
    const titles = Object.values(problemKinds).filter(([known]) => known === status)
    return {
      description: titles[0]?.[1] ?? 'A problem',
      ...(status === 429 ? { headers: rateHeaders } : {}),
      content: { 'application/problem+json': { schema: problem } },
    }
  }
  return Object.fromEntries([...statuses, 429].map((status) => [status, answer(status)])) as Record<
    Status | 429,
    ReturnType<typeof answer>
  >
}

const planKinds = { not_found: 'not-found', invalid: 'invalid-request', conflict: 'conflict' } as const

/** What a run that cannot start says to the caller; null for any other error. */
export function planProblem(error: unknown): ProblemError | null {
  return error instanceof PlanError ? new ProblemError(planKinds[error.code], error.message, error.problems) : null
}
