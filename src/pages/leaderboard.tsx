import { type Family, families, type SuiteName, suiteNames } from '../../schema/benchmark.ts'
import { type LeaderboardQuery, leaderboardQuery } from '../../schema/leaderboard.ts'
import { catalogue, summarize } from '../benchmarks/catalogue.ts'
import { openDatabase } from '../store/database.ts'
import { readLeaderboard } from '../store/leaderboard.ts'
import { Board } from './board.tsx'
import { type PageContext, tenantOf } from './context.ts'
import { words } from './format.ts'
import { Page } from './layout.tsx'

/** GET /: models × benchmarks. What the query says wrongly is left at its default: a page has no wrong address. */
export async function leaderboardPage(context: PageContext) {
  const tenantId = tenantOf(context)
  const query = boardQuery(context.req.query())
  const board = await readLeaderboard(openDatabase(context.env.DB), catalogue.map(summarize), query, tenantId)
  const filtered = query.suite !== undefined || query.family !== undefined || query.benchmark !== undefined
  return context.html(
    <Page title="Assay" path="/" loggedIn={tenantId !== null}>
      <div class="title">
        <h1>Leaderboard</h1>
        <p class="lead">
          How far each model can be relied on: the latest finished run of every model on every benchmark, with the
          interval its score may lie in.
        </p>
      </div>
      {board.models.length === 0 && !filtered ? null : <Filters query={query} />}
      {board.models.length === 0 ? (
        <Empty loggedIn={tenantId !== null} filtered={filtered} />
      ) : (
        <>
          <Board board={board} query={query} link={(change) => boardLink(query, change)} />
          <HowToRead truncated={board.truncated} loggedIn={tenantId !== null} />
        </>
      )}
    </Page>,
  )
}

/** The query of a board's address, each part by itself: what is not known is left out. */
export function boardQuery(raw: Record<string, string>): LeaderboardQuery {
  const parts = Object.entries(leaderboardQuery.shape).flatMap(([key, shape]) => {
    const part = shape.safeParse(raw[key])
    return part.success && part.data !== undefined ? [[key, part.data]] : []
  })
  return leaderboardQuery.parse(Object.fromEntries(parts))
}

/** The board's address with some of its query changed; defaults are left out. */
export function boardLink(query: LeaderboardQuery, change: Partial<LeaderboardQuery>, path = '/'): string {
  const defaults = leaderboardQuery.parse({})
  const merged = { ...query, ...change }
  const search = new URLSearchParams(
    Object.entries(merged).flatMap(([key, value]) =>
      value === undefined || value === defaults[key as keyof LeaderboardQuery] ? [] : [[key, value]],
    ),
  )
  return search.size === 0 ? path : `${path}?${search}`
}

function Filters({ query }: { query: LeaderboardQuery }) {
  // A sort by a column that the filter takes away would sort by nothing.
  const filterLink = (change: Partial<LeaderboardQuery>) => boardLink(query, { ...change, sort: 'rank', order: 'best' })
  return (
    <nav class="filters" aria-label="Filters">
      <div class="filter">
        <span>Suite</span>
        <Chip href={filterLink({ suite: undefined })} current={query.suite === undefined} title="All" />
        {suiteNames.map((suite: SuiteName) => (
          <Chip href={filterLink({ suite })} current={query.suite === suite} title={words(suite)} />
        ))}
      </div>
      <div class="filter">
        <span>Family</span>
        <Chip href={filterLink({ family: undefined })} current={query.family === undefined} title="All" />
        {families
          .filter((family) => catalogue.some((benchmark) => benchmark.family === family))
          .map((family: Family) => (
            <Chip
              href={filterLink({ family })}
              current={query.family === family}
              title={words(family)}
              family={family}
            />
          ))}
      </div>
      <div class="filter">
        <span>Deployments</span>
        <Chip href={boardLink(query, { revisions: 'latest' })} current={query.revisions === 'latest'} title="Latest" />
        <Chip href={boardLink(query, { revisions: 'all' })} current={query.revisions === 'all'} title="All" />
      </div>
    </nav>
  )
}

function Chip({ href, current, title, family }: { href: string; current: boolean; title: string; family?: Family }) {
  return (
    <a class={family ? `chip family family-${family}` : 'chip'} href={href} aria-current={current ? 'true' : undefined}>
      {title}
    </a>
  )
}

function HowToRead({ truncated, loggedIn }: { truncated: boolean; loggedIn: boolean }) {
  return (
    <section class="stack" aria-labelledby="how-to-read">
      <h2 id="how-to-read">How to read it</h2>
      <p>
        The dot is the score, the bar around it the interval in which the score of endlessly many items would likely
        lie; within a column all are drawn on one scale. <strong>Place 1–3</strong> means that the intervals leave open
        whether the model is first or third: only where two intervals do not overlap is one surely ahead. The mean place
        is over the benchmarks in which a model is placed; a model placed in less than half as many as others comes
        last.
      </p>
      <p class="note">
        Results that were measured otherwise than the rest of their column (another version, metric or parameters) are
        shown but not placed. {truncated ? 'Only the models measured last are listed.' : null}{' '}
        {loggedIn ? 'You see your own unpublished runs too.' : null}
      </p>
    </section>
  )
}

function Empty({ loggedIn, filtered }: { loggedIn: boolean; filtered: boolean }) {
  return (
    <section class="panel empty" aria-labelledby="empty">
      <h2 id="empty">{filtered ? 'Nothing measured here yet' : 'No model has been measured yet'}</h2>
      <p>
        {filtered ? (
          <>
            No finished run falls under this filter. <a href="/">Show everything</a>, or measure a model:
          </>
        ) : (
          'Three steps bring the first row:'
        )}
      </p>
      <ol class="steps">
        <li>
          Put your API key into <code>ASSAY_API_KEY</code> and register the model's server, any that speaks the OpenAI
          protocol:
          <pre>
            npm run -s assay -- targets add --name my-model --base-url http://localhost:8000/v1 --model my-model
          </pre>
        </li>
        <li>
          Run a suite and publish it:
          <pre>npm run -s assay -- run --target my-model --suite core --publish</pre>
        </li>
        <li>
          Read the report in the terminal, or come back here
          {loggedIn ? '' : '; log in to see runs that are not published'}.
        </li>
      </ol>
      <p class="note">
        To see it all at work with a small real model on this machine: <code>npm run demo</code>. What each benchmark
        asks: <a href="/benchmarks">Benchmarks</a>.
      </p>
    </section>
  )
}
