import { createHash } from 'node:crypto'
import { openDatabase } from '../store/database.ts'
import { claimIdempotencyKey, releaseClaim, storeAnswer } from '../store/idempotency.ts'
import type { ApiContext } from './environment.ts'
import { ProblemError } from './problem.ts'

export const idempotencyHeader = 'Idempotency-Key'

interface Kept<Status extends number, Body> {
  status: Status
  body: Body
}

/**
 * Answers a request once per `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): the same key and body
 * again get the stored answer, another body 422, a first request still under way 409. Without the header `answer` is
 * just called. Only answers that say success are kept: a refused request did nothing and may be mended and sent again.
 */
export async function answerOnce<Status extends number, Body>(
  context: ApiContext,
  tenantId: string,
  request: unknown,
  answer: () => Promise<Kept<Status, Body>>,
): Promise<Kept<Status, Body> & { replayed: boolean }> {
  const key = context.req.header(idempotencyHeader)
  if (key === undefined) return { ...(await answer()), replayed: false }
  if (!/^[ -~]{1,255}$/.test(key)) {
    throw new ProblemError('bad-request', 'An Idempotency-Key has 1 to 255 printable ASCII characters.')
  }
  const db = openDatabase(context.env.DB)
  const said = JSON.stringify([context.req.method, context.req.path, request])
  const hash = createHash('sha256').update(said).digest('hex')
  const claim = await claimIdempotencyKey(db, tenantId, key, hash, Date.now())
  if (claim.state === 'otherRequest') {
    throw new ProblemError('key-reused', 'This Idempotency-Key was used for another request; make a new key.')
  }
  if (claim.state === 'inFlight') {
    throw new ProblemError('request-in-flight', 'Try again in a moment with the same key.', undefined, {
      'retry-after': '1',
    })
  }
  if (claim.state === 'answered') {
    return { status: claim.status as Status, body: JSON.parse(claim.body), replayed: true }
  }
  try {
    const made = await answer()
    await storeAnswer(db, tenantId, key, { status: made.status, body: JSON.stringify(made.body) })
    return { ...made, replayed: false }
  } catch (error) {
    await releaseClaim(db, tenantId, key)
    throw error
  }
}
