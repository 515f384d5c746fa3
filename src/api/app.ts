import { OpenAPIHono } from '@hono/zod-openapi'
import { accepts } from 'hono/accepts'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import { methodNotAllowed } from 'hono/method-not-allowed'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { estimateLimits } from '../../schema/estimate.ts'
import { CursorError } from '../store/cursor.ts'
import { SealError } from '../store/seal.ts'
import { identify } from './auth.ts'
import { addBenchmarks } from './benchmarks.ts'
import { addDatasets } from './datasets.ts'
import { addDocuments } from './documents.ts'
import type { Api, ApiContext, ApiEnvironment } from './environment.ts'
import { addEstimates } from './estimates.ts'
import { addHealth } from './health.ts'
import { addHooks } from './hooks.ts'
import { addInbound } from './inbound.ts'
import { addKeys } from './keys.ts'
import { addLeaderboard } from './leaderboard.ts'
import { ProblemError, planProblem, problemResponse, refuseInvalid } from './problem.ts'
import { limitAddress, limitKey } from './rate-limit.ts'
import { addRunEvents } from './run-events.ts'
import { addRunResults } from './run-results.ts'
import { addRuns } from './runs.ts'
import { addSessions } from './sessions.ts'
import { addTargets } from './targets.ts'

/** Whoever names neither is no browser. */
const accepted = {
  header: 'Accept' as const,
  supports: ['application/problem+json', 'text/html'],
  default: 'application/problem+json',
}

/** Bytes of any body but a dataset's and estimates'. */
const mostBodyBytes = 1024 * 1024

/** What a raised value says to the caller. What nobody foresaw says only where to find it in the log. */
function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof SealError) return new ProblemError('not-configured', error.message)
  if (error instanceof CursorError) {
    return new ProblemError('invalid-request', error.message, [{ pointer: '/cursor', detail: error.message }])
  }
  const planned = planProblem(error)
  if (planned) return planned
  if (error instanceof HTTPException && error.status === 415) {
    return new ProblemError('unsupported-media-type', 'Send the body as application/json.')
  }
  if (error instanceof HTTPException && error.status === 400) {
    return new ProblemError('bad-request', `${error.message || 'The request cannot be read'}.`)
  }
  return new ProblemError('internal', 'Try again; if it stays, report it with the request id.')
}

/** Logs what nobody foresaw: name, message and stack, never headers or bodies, which hold keys. */
function logFailure(context: ApiContext, error: unknown): void {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  const { method, path } = context.req
  // A failed statement's message ends with the values bound to it.
  const plain = (text: string | undefined) => text?.replace(/\nparams: [\s\S]*?(?=\n {4}at |$)/, '')
  const place = { requestId: context.get('requestId'), method, path }
  console.error(JSON.stringify({ level: 'error', ...place, name, message: plain(message), stack: plain(stack) }))
}

/**
 * The HTTP API: what production serves and what tests call. `missingPage` answers people whose browser asks for what is
 * not there; all others get a problem document.
 */
export function createApi(missingPage?: (context: ApiContext) => Promise<Response>): Api {
  const api: Api = new OpenAPIHono<ApiEnvironment>({ defaultHook: refuseInvalid })

  api.onError((error, context) => {
    const problem = asProblem(error)
    if (problem.kind === 'internal') logFailure(context, error)
    return problemResponse(context, problem)
  })
  api.notFound((context) => {
    const { path, method } = context.req
    const forPeople = method === 'GET' && !path.startsWith('/v1/') && accepts(context, accepted) === 'text/html'
    if (missingPage && forPeople) return missingPage(context)
    return problemResponse(
      context,
      new ProblemError('not-found', `There is nothing at ${context.req.path}; see /docs.`),
    )
  })

  api.use(requestId())
  api.use('/v1/*', secureHeaders())
  api.use(limitAddress)
  api.use(
    methodNotAllowed({
      app: api,
      onMethodNotAllowed: (context, methods) => {
        const allow = methods.join(', ')
        const detail = `${context.req.method} is not offered here; there is ${allow}.`
        return problemResponse(
          context as ApiContext,
          new ProblemError('method-not-allowed', detail, undefined, { allow }),
        )
      },
    }),
  )
  const limitedTo = (maxSize: number) =>
    bodyLimit({
      maxSize,
      onError: () => {
        throw new ProblemError('too-large', `The body is larger than ${maxSize} bytes.`)
      },
    })
  const limited = limitedTo(mostBodyBytes)
  const limitedEstimates = limitedTo(estimateLimits.bytes)
  api.use(async (context, next) => {
    const { path } = context.req
    if (path === '/v1/datasets') return next()
    return path === '/v1/estimates' ? limitedEstimates(context, next) : limited(context, next)
  })
  api.use(identify)
  api.use(limitKey)

  addHealth(api)
  addKeys(api)
  addTargets(api)
  addBenchmarks(api)
  addDatasets(api)
  addEstimates(api)
  addRuns(api)
  addRunResults(api)
  addRunEvents(api)
  addLeaderboard(api)
  addHooks(api)
  addInbound(api)
  addSessions(api)
  addDocuments(api)
  return api
}
