import { describe, expect, it } from 'vitest'
import { ApiProblem, collect, createClient } from '../../src/client/client.ts'
import { aRun } from '../cli/a-run.ts'

const event = (id: string, run: object) => `event: progress\nid: ${id}\nretry: 1\ndata: ${JSON.stringify(run)}\n\n`

/** A client whose every connection gets the next of these answers; a list of texts is a stream of so many pieces. */
function connecting(...answers: (string[] | Response | Error)[]) {
  const lastEventIds: (string | null)[] = []
  const client = createClient({
    baseUrl: 'https://assay.test',
    fetch: async (_, init) => {
      lastEventIds.push(new Headers(init.headers).get('last-event-id'))
      const answer = answers.shift() ?? new Error('no more')
      if (answer instanceof Error) throw answer
      if (answer instanceof Response) return answer
      const encoder = new TextEncoder()
      return new Response(
        new ReadableStream({
          start(controller) {
            for (const text of answer) controller.enqueue(encoder.encode(text))
            controller.close()
          },
        }),
      )
    },
  })
  return { client, lastEventIds }
}

describe('following a run', () => {
  it('gives each state until the run has ended', async () => {
    const states = [aRun('queued', [0, 0]), aRun('running', [30, 0]), aRun('done', [60, 12])]
    const text = states.map((state, index) => event(String(index), state)).join('')
    // Cut in the middle of an event, and of a character.
    const { client } = connecting([text.slice(0, 700), text.slice(700, 701), text.slice(701)])
    const seen = await collect(client.runs.follow('run_1'))
    expect(seen.map(({ status }) => status)).toEqual(['queued', 'running', 'done'])
  })

  it('goes on where a lost stream broke off', async () => {
    const { client, lastEventIds } = connecting(
      [event('a', aRun('running', [1, 0])), 'event: progress\nid: b\nda'],
      new TypeError('fetch failed'),
      [': still there\n\n'],
      [event('z', aRun('done', [60, 12]))],
    )
    const lost: unknown[] = []
    const seen = await collect(client.runs.follow('run_1', { retryMs: 1, onReconnect: (error) => lost.push(error) }))
    expect(seen.map(({ status }) => status)).toEqual(['running', 'done'])
    expect(lastEventIds).toEqual([null, 'a', 'a', 'a'])
    expect(lost).toHaveLength(3)
  })

  it('raises what would not change, at once', async () => {
    const problem = { type: 'urn:assay:problem:not-found', title: 'x', status: 404, detail: 'x', requestId: '' }
    const { client, lastEventIds } = connecting(Response.json(problem, { status: 404 }))
    await expect(collect(client.runs.follow('run_1'))).rejects.toThrow(ApiProblem)
    expect(lastEventIds).toHaveLength(1)
  })

  it('gives up after so many failures in a row', async () => {
    const { client, lastEventIds } = connecting(...Array.from({ length: 5 }, () => new TypeError('fetch failed')))
    await expect(collect(client.runs.follow('run_1', { retryMs: 1, attempts: 3 }))).rejects.toThrow(/cannot be reached/)
    expect(lastEventIds).toHaveLength(3)
  })

  it('ends when it is told to', async () => {
    const stop = new AbortController()
    const { client } = connecting([event('a', aRun('running', [1, 0]))], [event('b', aRun('running', [2, 0]))])
    const seen: number[] = []
    const following = (async () => {
      for await (const { progress } of client.runs.follow('run_1', { signal: stop.signal, retryMs: 60_000 })) {
        seen.push(progress.done)
        setTimeout(() => stop.abort(new Error('enough')), 1)
      }
    })()
    await expect(following).rejects.toThrow('enough')
    expect(seen).toEqual([1])
  })
})
