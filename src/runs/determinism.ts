import type { Determinism } from '../../schema/run.ts'
import { ModelError } from '../model/errors.ts'
import type { ModelErrorKind } from '../model/model.ts'
import type { ModelSession } from '../model/session.ts'

const question = 'Name the four seasons of the year, one after another.'
const later: readonly ModelErrorKind[] = ['rate_limited', 'unreachable', 'lease_ending', 'cancelled']
const sampling = { maxTokens: 24, temperature: 0 }

/**
 * Asks the fixed question of the determinism check once. The two askings differ in `repeat` only, which reaches
 * evidence but not the target: it is asked the very same twice. A failure is an answer too; null where the question
 * could not be put and may be later. Never raises.
 */
export async function askCheck(session: ModelSession, place: keyof Determinism): Promise<Determinism['first']> {
  const { capabilities } = session
  const model = session.forItem('determinism-check')
  const options = {
    ...sampling,
    ...(capabilities.logprobs ? { topLogprobs: 1 } : {}),
    repeat: place === 'first' ? 0 : 1,
  }
  try {
    const [sample] = capabilities.chat
      ? await model.chat([{ role: 'user', content: question }], options)
      : await model.complete(`Question: ${question}\nAnswer:`, options)
    if (sample === undefined) return { text: null, logprobs: null, error: 'empty' }
    const logprobs = sample.tokens?.map(({ logprob }) => logprob) ?? null
    return { text: sample.text, logprobs, error: null }
  } catch (error) {
    if (error instanceof ModelError && later.includes(error.kind)) return null
    return { text: null, logprobs: null, error: error instanceof Error ? error.message : 'unknown' }
  }
}
