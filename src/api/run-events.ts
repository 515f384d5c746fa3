import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import type { Run } from '../../schema/run.ts'
import { finishedStatuses } from '../../schema/states.ts'
import { openDatabase } from '../store/database.ts'
import { runView } from '../store/runs.ts'
import { type Api, openWhenPublished } from './environment.ts'
import { problemAnswers } from './problem.ts'
import { readableRun, runParams } from './runs.ts'

/** Between two looks at the run. */
const lookMs = 1000
/** A quiet stream says so this often, so that nothing between closes it. */
const quietMs = 15_000
/** Looks per connection: a Worker's calls are counted. The reader then comes back with Last-Event-ID by itself. */
const looks = 200

const events = createRoute({
  method: 'get',
  path: '/v1/runs/{runId}/events',
  tags: ['Runs'],
  summary: 'Follow a run by server-sent events',
  description:
    'Each event holds the whole `Run`: `progress` when something changed, `finished` at the end, after which the stream closes. An id names a state: with `Last-Event-ID` a state that was seen is not sent again.',
  security: openWhenPublished,
  request: { params: runParams, headers: z.object({ 'last-event-id': z.string().max(100).optional() }) },
  responses: {
    200: { description: 'The stream', content: { 'text/event-stream': { schema: z.string() } } },
    ...problemAnswers(401, 404),
  },
})

const finished = (run: Run) => finishedStatuses.includes(run.status)

/** Names a state of a run: what changes while it works is how many items are done, or how often it was refused. */
export const stateId = ({ status, progress, traffic }: Run): string =>
  [status, progress.done, ...(traffic?.throttled ? [traffic.throttled] : [])].join('-')

export function addRunEvents(api: Api): void {
  api.openapi(events, async (context) => {
    const { runId } = context.req.valid('param')
    const db = openDatabase(context.env.DB)
    let row = await readableRun(context, runId)
    let seen = context.req.header('last-event-id')
    context.header('cache-control', 'no-store')
    context.header('x-accel-buffering', 'no')
    return streamSSE(context, async (stream) => {
      let quiet = 0
      for (let look = 0; look < looks && !stream.aborted; look++) {
        const run = await runView(db, row)
        const id = stateId(run)
        if (id !== seen || finished(run)) {
          const event = finished(run) ? 'finished' : 'progress'
          await stream.writeSSE({ event, id, data: JSON.stringify(run), retry: lookMs })
          seen = id
          quiet = 0
        } else if (quiet >= quietMs) {
          await stream.write(': still there\n\n')
          quiet = 0
        }
        if (finished(run)) return
        await stream.sleep(lookMs)
        quiet += lookMs
        row = await readableRun(context, runId)
      }
    })
  })
}
