import { answersAsked } from './canonical.ts'
import type { Decoded, Piece } from './dialects/dialect.ts'
import { ModelError } from './errors.ts'
import type { Answer } from './question.ts'
import type { Job } from './queue.ts'
import type { Cost, Spend } from './spend.ts'

/** What a session has used. `calls`: answers asked of the target; `requests`: HTTP, retries included. */
export interface Usage {
  calls: number
  requests: number
  retries: number
  /** Requests that the target refused for load (429, 503). */
  throttled: number
  /** Answers taken from evidence. */
  reused: number
  promptTokens: number
  completionTokens: number
  /** A server did not tell its tokens: they are estimated from text, four bytes a token. */
  estimated: boolean
}

/** Who pays for a question. */
export interface Account {
  usage: Usage
  spend: Spend | null
}

export const newUsage = (): Usage => ({
  calls: 0,
  requests: 0,
  retries: 0,
  throttled: 0,
  reused: 0,
  promptTokens: 0,
  completionTokens: 0,
  estimated: false,
})

/** The most that a piece may cost: three bytes a prompt token, every reply at its longest. */
export function estimateCost(piece: Piece, index: number): Cost {
  const { question } = piece
  const generates = question.kind === 'chat' || question.kind === 'complete'
  return {
    calls: generates ? piece.n : index === 0 ? answersAsked(question) : 0,
    promptTokens: Math.ceil(piece.size / 3),
    completionTokens: generates ? piece.n * question.maxTokens : 0,
  }
}

/** Settles requests that came back with nothing. What may have been worked on is counted as asked. */
export function billedFailure(jobs: Job[], error: ModelError): void {
  const worked =
    error.kind === 'timeout' || error.kind === 'malformed' || error.kind === 'empty' || error.kind === 'too_large'
  for (const job of jobs) {
    const actual: Cost = {
      calls: worked ? job.estimate.calls : 0,
      promptTokens: worked ? Math.ceil(job.piece.size / 4) : 0,
      completionTokens: 0,
    }
    charge(job, actual, worked)
  }
}

function charge(job: Job, actual: Cost, estimated: boolean): void {
  const { usage, spend } = job.call.account
  usage.calls += actual.calls
  usage.promptTokens += actual.promptTokens
  usage.completionTokens += actual.completionTokens
  usage.estimated ||= estimated
  spend?.settle(job.estimate, actual)
}

const completionSize = (answer: Answer | ModelError | undefined): number => {
  if (answer === undefined || !('samples' in answer) || answer.samples === undefined) return 0
  let size = 0
  for (const sample of answer.samples)
    size += sample.tokens?.length ?? Math.ceil((sample.text.length + (sample.reasoning?.length ?? 0)) / 4)
  return size
}

/** Charges an answered request to those who asked: its tokens by their rough share, the rest of the division to the first. */
export function share(jobs: Job[], decoded: Decoded): void {
  const { usage, answers } = decoded
  const prompts = jobs.map((job) => Math.ceil(job.piece.size / 4))
  const completions = answers.map(completionSize)
  if (usage === null) {
    jobs.forEach((job, index) => {
      const answer = answers[index]
      // A question that the server would not work on costs nothing.
      if (answer instanceof ModelError && ['rejected', 'context_too_long', 'out_of_world'].includes(answer.kind))
        charge(job, cost(job, 0, 0), false)
      else charge(job, cost(job, prompts[index] ?? 0, completions[index] ?? 0), true)
    })
    return
  }
  const promptShares = divide(usage.promptTokens, prompts)
  const completionShares = divide(usage.completionTokens, completions)
  jobs.forEach((job, index) => {
    charge(job, cost(job, promptShares[index] ?? 0, completionShares[index] ?? 0), false)
  })
}

const cost = (job: Job, promptTokens: number, completionTokens: number): Cost => ({
  calls: job.estimate.calls,
  promptTokens,
  completionTokens,
})

/** `total` in whole parts by weight; they sum to `total`. */
function divide(total: number, weights: number[]): number[] {
  if (weights.length === 1) return [total]
  const sum = weights.reduce((all, weight) => all + weight, 0)
  let left = total
  const parts = weights.map((weight) => {
    const part = sum === 0 ? 0 : Math.floor((total * weight) / sum)
    left -= part
    return part
  })
  parts[0] = (parts[0] ?? 0) + left
  return parts
}
