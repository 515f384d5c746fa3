import { z } from 'zod'
import type { Model, ModelErrorKind, Prompt, Sample, Sampling } from '../model/model.ts'

/** How a question is put: as a chat, as raw text to go on with, or as a chat where the target has one. */
export const mode = z.enum(['auto', 'chat', 'completion']).meta({
  description:
    'chat: through the chat template. completion: raw text that ends in "Answer:". auto: chat where there is one.',
})
export type Mode = z.infer<typeof mode>

/** Whether this target is asked by chat. */
export const asksByChat = (target: Model, how: Mode): boolean =>
  how === 'chat' || (how === 'auto' && target.capabilities.chat)

/** Raw text that a completion answers. */
const opened = (text: string): string => `${text}\nAnswer:`

/**
 * Samples of the answer to one question, in the mode of the run. Completions stop at the end of the line, because a raw
 * model goes on with a question of its own.
 */
export function ask(target: Model, how: Mode, text: string, sampling: Sampling = {}): Promise<Sample[]> {
  return asksByChat(target, how)
    ? target.chat([{ role: 'user', content: text }], sampling)
    : target.complete(opened(text), { ...sampling, stop: [...new Set([...(sampling.stop ?? []), '\n'])] })
}

/** The same question as a prompt to score answers against, with the reply opened by `answerPrefix` where one is given. */
export function promptFor(target: Model, how: Mode, text: string, answerPrefix?: string): Prompt {
  if (!asksByChat(target, how)) return answerPrefix === undefined ? opened(text) : `${opened(text)} ${answerPrefix}`
  return { messages: [{ role: 'user', content: text }], ...(answerPrefix === undefined ? {} : { answerPrefix }) }
}

/**
 * How a target is asked that shall also score given text, so that answers and scores come from the same prompt: as raw
 * text where it cannot score chats and the run leaves the mode open. `scored` is false where it then scores nothing.
 */
export function scoredMode(target: Model, how: Mode): { mode: 'chat' | 'completion'; scored: boolean } {
  const { prompt_logprobs: scores, promptLogprobsBy, completions } = target.capabilities
  if (!asksByChat(target, how)) return { mode: 'completion', scored: scores }
  if (!scores || promptLogprobsBy !== 'echo') return { mode: 'chat', scored: scores }
  return how === 'auto' && completions ? { mode: 'completion', scored: true } : { mode: 'chat', scored: false }
}

/** Continuations as the mode has them: after "Answer:" stands a space, a chat's reply begins at once. */
export const continued = (mode: Mode, texts: readonly string[]): string[] =>
  texts.map((text) => (mode === 'completion' ? ` ${text.trim()}` : text.trim()))

/** The kind of a model error, or null of any other error. Told by its shape, because errors live with the port. */
export function errorKind(error: unknown): ModelErrorKind | null {
  return typeof error === 'object' && error !== null && 'kind' in error && typeof error.kind === 'string'
    ? (error.kind as ModelErrorKind)
    : null
}

/** The answer of the first of these askings that the target is capable of; null where it can do none of them. */
export async function firstCapable<T>(...askings: (() => Promise<T>)[]): Promise<T | null> {
  for (const asking of askings) {
    try {
      return await asking()
    } catch (error) {
      if (errorKind(error) !== 'capability_missing') throw error
    }
  }
  return null
}

/** The first sample's text, trimmed; empty where there is none. */
export const textOf = (samples: readonly Sample[]): string => samples[0]?.text.trim() ?? ''
