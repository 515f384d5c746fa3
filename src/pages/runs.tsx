import { CursorError } from '../store/cursor.ts'
import { openDatabase } from '../store/database.ts'
import { finishedRun, listRuns, type RunRow } from '../store/runs.ts'
import { type PageContext, tenantOf } from './context.ts'
import { counted, formatDuration, formatTime, shortHash } from './format.ts'
import { Page } from './layout.tsx'
import { notFoundPage } from './message.tsx'
import { refreshSeconds, StatusBadge } from './run-parts.tsx'
import { ScrollBox } from './scroll-box.tsx'

const perPage = 30

/** GET /runs: the runs of whoever is logged in, newest first. */
export async function runsPage(context: PageContext) {
  const tenantId = tenantOf(context)
  if (tenantId === null) return context.redirect('/login?next=%2Fruns')
  try {
    const page = await listRuns(openDatabase(context.env.DB), tenantId, {
      limit: perPage,
      cursor: context.req.query('cursor'),
    })
    const first = context.req.query('cursor') === undefined
    return context.html(
      <Page
        title="Runs"
        path="/runs"
        loggedIn
        refreshSeconds={page.items.every(finishedRun) ? undefined : refreshSeconds * 2}
      >
        <div class="title">
          <h1>Runs</h1>
          <p class="lead">Your own, newest first.</p>
        </div>
        {page.items.length === 0 ? <Empty first={first} /> : <RunsTable runs={page.items} />}
        {first && page.next === null ? null : (
          <nav class="row" aria-label="Pages">
            {first ? null : <a href="/runs">Newest</a>}
            {page.next === null ? null : <a href={`/runs?cursor=${encodeURIComponent(page.next)}`}>Older</a>}
          </nav>
        )}
      </Page>,
    )
  } catch (error) {
    if (error instanceof CursorError)
      return notFoundPage(context, 'There is no such page of runs', 'Start again from the newest.')
    throw error
  }
}

function RunsTable({ runs }: { runs: RunRow[] }) {
  return (
    <ScrollBox label="Runs">
      <table>
        <thead>
          <tr>
            <th scope="col">Target</th>
            <th scope="col">Status</th>
            <th scope="col">What</th>
            <th scope="col">Created</th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col">Shown to</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr>
              <th scope="row">
                <a href={`/runs/${run.id}`}>{run.target.name}</a>
                {run.deploymentId === null ? null : <small>deployment {shortHash(run.deploymentId)}</small>}
              </th>
              <td>
                <StatusBadge status={run.status} />
              </td>
              <td>
                {run.suite === null ? 'Chosen benchmarks' : `Suite ${run.suite}`}, {counted(run.itemsTotal, 'item')}
              </td>
              <td>{formatTime(new Date(run.createdAt).toISOString())}</td>
              <td class="number">
                {run.startedAt === null || run.finishedAt === null
                  ? '—'
                  : formatDuration((run.finishedAt - run.startedAt) / 1000)}
              </td>
              <td>{run.published ? 'everybody' : 'you'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

const Empty = ({ first }: { first: boolean }) =>
  first ? (
    <section class="panel empty" aria-labelledby="empty">
      <h2 id="empty">No runs yet</h2>
      <p>Start one from a terminal, or by HTTP as the API reference tells:</p>
      <pre>npm run -s assay -- run --target my-model --suite core</pre>
    </section>
  ) : (
    <p>No older runs.</p>
  )
