import type { Leaderboard, LeaderboardEntry, LeaderboardModel, LeaderboardQuery } from '../../schema/leaderboard.ts'
import { counted, formatDate, shortHash, words } from './format.ts'
import { commonDomain, Direction, IntervalText, Value, Whisker } from './interval.tsx'
import { ScrollBox } from './scroll-box.tsx'

interface BoardProps {
  board: Leaderboard
  query: LeaderboardQuery
  /** The address of the same board with some of its query changed. */
  link: (change: Partial<LeaderboardQuery>) => string
}

/** The models × benchmarks table in a box of its own that scrolls sideways. */
export function Board({ board, query, link }: BoardProps) {
  const domains = new Map(
    board.benchmarks.map(({ id }) => [id, commonDomain(entriesOf(board, id).map((entry) => entry.headline))]),
  )
  const alone = board.benchmarks.length === 1
  return (
    <ScrollBox label="Leaderboard table">
      <table class="board">
        <thead>
          <tr>
            <SortHeader id="model" title="Model" className="model" query={query} link={link} />
            {alone ? null : <SortHeader id="rank" title="Mean place" className="narrow" query={query} link={link} />}
            {board.benchmarks.map((benchmark) => (
              <th scope="col" aria-sort={ariaSort(query, benchmark.id)}>
                <span class={`family family-${benchmark.family}`}>{words(benchmark.family)}</span>
                <a class="about" href={`/benchmarks/${benchmark.id}`}>
                  {benchmark.title}
                </a>
                <SortLink id={benchmark.id} title={benchmark.title} query={query} link={link}>
                  <Direction direction={entriesOf(board, benchmark.id)[0]?.headline.direction ?? 'neutral'} />
                </SortLink>
                <a class="trust-link" href={`/trust#${benchmark.id}`}>
                  how far to trust it<span class="visually-hidden">: {benchmark.title}</span>
                </a>
              </th>
            ))}
            {alone ? (
              <SortHeader id="finishedAt" title="Measured" className="narrow" query={query} link={link} />
            ) : null}
          </tr>
        </thead>
        <tbody>
          {board.models.map((model) => (
            <tr>
              <ModelCell model={model} dated={!alone} />
              {alone ? null : (
                <td class="place">
                  {model.meanRank === null ? (
                    <span class="null">not placed</span>
                  ) : (
                    <span class="cell">
                      <span class="rank">{model.meanRank.toFixed(1)}</span>
                      <small>of {counted(model.ranked, 'benchmark')}</small>
                    </span>
                  )}
                </td>
              )}
              {board.benchmarks.map(({ id, family }) => {
                const entry = model.entries.find(({ benchmarkId }) => benchmarkId === id)
                return (
                  <td class={`family-${family}`}>
                    {entry ? (
                      <EntryCell entry={entry} domain={domains.get(id) ?? [0, 1]} length={alone ? 280 : undefined} />
                    ) : (
                      <span class="null">not measured</span>
                    )}
                  </td>
                )
              })}
              {alone ? <td>{formatDate(model.finishedAt)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function ModelCell({ model, dated }: { model: LeaderboardModel; dated: boolean }) {
  const [entry] = model.entries
  return (
    <th scope="row" class="model">
      <strong>{entry ? <a href={`/runs/${entry.runId}`}>{model.name}</a> : model.name}</strong>
      {model.model === model.name ? null : <small>{model.model}</small>}
      <small>
        {model.dialect} ·{' '}
        {model.deploymentId === null ? (
          <span title={`Revision ${model.revision}`}>revision {shortHash(model.revision)}</span>
        ) : (
          <span title={`Deployment ${model.deploymentId}`}>deployment {shortHash(model.deploymentId)}</span>
        )}
      </small>
      {dated ? <small>{formatDate(model.finishedAt)}</small> : null}
    </th>
  )
}

interface EntryProps {
  entry: LeaderboardEntry
  domain: [number, number]
  length: number | undefined
}

function EntryCell({ entry, domain, length }: EntryProps) {
  const { headline, rank } = entry
  return (
    <a class="cell" href={`/runs/${entry.runId}#${entry.benchmarkId}`} title={`${headline.title}, n = ${headline.n}`}>
      <Value metric={headline} />
      <Whisker metric={headline} domain={domain} length={length} />
      {headline.interval ? (
        <small>
          <IntervalText metric={headline} />
        </small>
      ) : null}
      {rank === null ? null : (
        <small>
          place {rank.best === rank.worst ? rank.best : `${rank.best}–${rank.worst}`} of {rank.of}
        </small>
      )}
      {entry.comparable ? null : <small class="warn">Not placed: {entry.differs}</small>}
      {entry.status === 'degraded' ? <small class="warn">{counted(entry.lost, 'item')} lost</small> : null}
      {entry.published ? null : <small>unpublished</small>}
    </a>
  )
}

interface SortProps {
  id: string
  title: string
  query: LeaderboardQuery
  link: BoardProps['link']
}

function SortHeader({ className, ...props }: SortProps & { className: string }) {
  return (
    <th scope="col" class={className} aria-sort={ariaSort(props.query, props.id)}>
      <span>{props.title}</span>
      <br />
      <SortLink {...props} />
    </th>
  )
}

/** Sorts by its column, best first; followed again, worst first. */
function SortLink({ id, title, query, link, children }: SortProps & { children?: unknown }) {
  const current = query.sort === id
  const order = current && query.order === 'best' ? 'worst' : 'best'
  const names = id === 'model' ? ['A–Z', 'Z–A'] : id === 'finishedAt' ? ['newest', 'oldest'] : ['best', 'worst']
  return (
    <a class="sorter" href={link({ sort: id, order })}>
      <span class="visually-hidden">
        Sort by {title}, {order === 'best' ? names[0] : names[1]} first
      </span>
      <span aria-hidden="true">{current ? `${query.order === 'best' ? names[0] : names[1]} first` : 'sort'}</span>
      {children}
    </a>
  )
}

const entriesOf = (board: Leaderboard, benchmarkId: string) =>
  board.models.flatMap((model) => model.entries.filter((entry) => entry.benchmarkId === benchmarkId))

const ariaSort = (query: LeaderboardQuery, id: string) =>
  query.sort === id ? ((query.order === 'best') === (id === 'model') ? 'ascending' : 'descending') : undefined
