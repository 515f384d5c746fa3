import type { ItemCounts } from '../../schema/report.ts'
import type { BenchmarkProgress, Execution, Run, Traffic } from '../../schema/run.ts'
import { counted, formatDuration, formatMoney, formatNumber, formatTime, shortHash, words } from './format.ts'

/** A run's or a row's status as a coloured word. */
export const StatusBadge = ({ status }: { status: string }) => (
  <span class={`badge badge-${status}`}>{words(status)}</span>
)

const stopWords: Record<NonNullable<Run['stopReason']>, string> = {
  budget_calls: 'It reached its budget of calls.',
  budget_tokens: 'It reached its budget of tokens.',
  budget_money: 'It reached its budget of money.',
  cancelled: 'It was cancelled.',
  target_unreachable: 'The target could not be reached.',
  target_unauthorized: "The target refused the key: check the target's API key.",
  model_not_found: 'The target does not know the model.',
  too_many_attempts: 'Parts of it failed time after time.',
  internal: 'Something went wrong in Assay itself.',
}

/** Why a run ended early or is worth less, as a notice. */
export function StopNotice({ run }: { run: Run }) {
  if (run.status === 'degraded')
    return (
      <p class="notice">
        More than a fifth of the items were lost: read the numbers with care.
        {run.stopReason ? ` ${stopWords[run.stopReason]}` : null}
      </p>
    )
  if (run.stopReason === null && run.status !== 'failed') return null
  return (
    <p class={run.status === 'failed' ? 'notice bad' : 'notice'}>
      {run.stopReason ? stopWords[run.stopReason] : 'It failed.'} {run.stopDetail}
    </p>
  )
}

/** What was measured, when, and by which seed. */
export function RunMeta({ run }: { run: Run }) {
  const { target } = run
  return (
    <ul class="meta">
      {target.model === target.name ? null : (
        <li>
          Model <strong>{target.model}</strong>
        </li>
      )}
      <li>Dialect {target.dialect}</li>
      {target.deploymentId === null ? null : (
        <li>
          Deployment <code title={target.deploymentId}>{shortHash(target.deploymentId)}</code>
        </li>
      )}
      <li>
        Revision <code title={target.revision}>{shortHash(target.revision)}</code>
      </li>
      <li>{run.suite === null ? 'Chosen benchmarks' : `Suite ${run.suite}`}</li>
      <li>Seed {run.seed}</li>
      {Object.entries(run.roles).map(([role, { name }]) => (
        <li>
          {role}: {name}
        </li>
      ))}
      {run.fresh ? <li>Asked anew</li> : null}
      <li>Started {formatTime(run.startedAt ?? run.createdAt)}</li>
      {run.finishedAt === null ? null : <li>Ended {formatTime(run.finishedAt)}</li>}
    </ul>
  )
}

/** How far an unfinished run is, each benchmark with its bar. */
export function Progress({ run, titleOf, now }: { run: Run; titleOf: (benchmarkId: string) => string; now: number }) {
  const { done, total } = run.progress
  const seconds = run.startedAt === null ? 0 : (now - Date.parse(run.startedAt)) / 1000
  const left = done > 0 && seconds > 0 ? ((total - done) * seconds) / done : null
  return (
    <section class="panel" aria-labelledby="progress">
      <div class="section-title">
        <h2 id="progress">{run.status === 'queued' ? 'Waiting to begin' : 'At work'}</h2>
        <span class="note">This page asks again every {refreshSeconds} s.</span>
      </div>
      <progress class="bar-large" value={done} max={Math.max(1, total)} aria-label="Items of the whole run" />
      <p>
        <strong>{formatNumber(done)}</strong> of {counted(total, 'item')}
        {left === null || left < 1 ? null : `, about ${formatDuration(left)} left`}
      </p>
      {run.traffic === null ? null : <Pace traffic={run.traffic} />}
      <ul class="progress">
        {run.benchmarks.map((benchmark) => (
          <ProgressOf benchmark={benchmark} title={titleOf(benchmark.benchmarkId)} />
        ))}
      </ul>
    </section>
  )
}

/** How fast the target is asked, and whether it is too much for it. */
function Pace({ traffic }: { traffic: Traffic }) {
  const { connections, requestsPerMinute, throttled, lastThrottledAt } = traffic
  if (connections === null && throttled === 0) return null
  return (
    <p class="note">
      {connections === null
        ? null
        : `${connections.open} of ${counted(connections.allowed, 'connection')} in use${connections.allowed < connections.most ? ` (at most ${connections.most})` : ''}, ${counted(requestsPerMinute ?? 0, 'request')} a minute. `}
      {lastThrottledAt === null
        ? null
        : `${counted(throttled, 'request')} refused for load (429 or 503), last ${formatTime(lastThrottledAt)}.`}
    </p>
  )
}

/** Seconds until an unfinished run's page asks for itself again. */
export const refreshSeconds = 5

function ProgressOf({ benchmark, title }: { benchmark: BenchmarkProgress; title: string }) {
  const { total, open, error } = benchmark.counts
  return (
    <li>
      <span class="section-title">
        <span class={`family family-${benchmark.family}`}>{title}</span>
        <span class="note">
          {formatNumber(total - open)} / {formatNumber(total)}
          {error === 0 ? null : `, ${formatNumber(error)} lost`}
        </span>
      </span>
      <progress value={total - open} max={Math.max(1, total)} aria-label={`${title}: items done`} />
    </li>
  )
}

const statuses = ['scored', 'refused', 'skipped', 'error', 'open'] as const
const statusNames = { scored: 'scored', refused: 'refused', skipped: 'skipped', error: 'lost', open: 'not reached' }

/** What became of the items, as a bar and in words, and why some were lost. */
export function Counts({ counts }: { counts: ItemCounts }) {
  const shown = statuses.filter((status) => counts[status] > 0)
  const reasons = Object.entries(counts.reasons).sort(([, a], [, b]) => b - a)
  const starts = shown.map((_, place) => shown.slice(0, place).reduce((sum, status) => sum + counts[status], 0))
  return (
    <div class="counts">
      <svg viewBox={`0 0 ${Math.max(1, counts.total)} 1`} preserveAspectRatio="none" aria-hidden="true">
        {shown.map((status, place) => (
          <rect class={`status-${status}`} x={starts[place]} y="0" width={counts[status]} height="1" />
        ))}
      </svg>
      <ul>
        {shown.map((status) => (
          <li class={`status-${status}`}>
            {formatNumber(counts[status])} {statusNames[status]}
          </li>
        ))}
        <li class="total">{counted(counts.total, 'item')}</li>
      </ul>
      {reasons.length === 0 ? null : (
        <p class="note">
          Why: {reasons.map(([reason, count]) => `${reasonOf(reason)} (${formatNumber(count)})`).join(', ')}.
        </p>
      )}
    </div>
  )
}

const lossWords: Record<string, string> = {
  timeout: 'the target did not answer in time',
  unreachable: 'the target could not be reached',
  rate_limited: 'the target asked for a slower pace',
  server_error: 'the target answered with a server error',
  rejected: 'the target rejected the request',
  context_too_long: "longer than the target's context",
  content_filtered: "stopped by the provider's filter",
  malformed: 'the answer was malformed',
  empty: 'the answer was empty',
  invalid_logprobs: 'log-probabilities were no numbers',
  too_large: 'the answer was too large',
  capability_missing: 'the target cannot do it',
}
const reasonOf = (reason: string) => lossWords[reason] ?? words(reason).toLowerCase()

/** What the run cost, and whether the same question got the same answer. */
export function ExecutionFacts({ execution }: { execution: Execution }) {
  const { determinism } = execution
  const facts: [string, string, string?][] = [
    [
      'Answers asked',
      formatNumber(execution.calls),
      `${counted(execution.requests, 'request')}, ${formatNumber(execution.retries)} retried${execution.throttled > 0 ? `, ${formatNumber(execution.throttled)} throttled` : ''}`,
    ],
    ['Answers reused', formatNumber(execution.reused), 'from stored evidence'],
    [
      'Tokens',
      formatNumber(execution.promptTokens + execution.completionTokens),
      `${formatNumber(execution.promptTokens)} in, ${formatNumber(execution.completionTokens)} out`,
    ],
    [
      'Cost',
      execution.microUsd === null ? 'unknown' : formatMoney(execution.microUsd),
      execution.microUsd === null ? 'the target has no prices' : undefined,
    ],
    [
      'Time',
      execution.seconds === null ? '—' : formatDuration(execution.seconds),
      execution.itemsPerSecond === null ? undefined : `${formatNumber(execution.itemsPerSecond)} items/s`,
    ],
  ]
  return (
    <dl class="facts">
      {facts.map(([name, value, more]) => (
        <div>
          <dt>{name}</dt>
          <dd>
            {value}
            {more ? <small>{more}</small> : null}
          </dd>
        </div>
      ))}
      <div class="wide">
        <dt>Asked twice</dt>
        <dd>
          {determinism === null ? (
            <span class="null">not checked</span>
          ) : (
            <>
              {determinism.equalText === null
                ? 'No text to compare'
                : determinism.equalText
                  ? 'Same answer'
                  : 'Another answer'}
              <small>
                {determinism.largestLogprobDifference === null
                  ? null
                  : `Log-probabilities differ by at most ${formatNumber(determinism.largestLogprobDifference)} nats. `}
                {determinism.note}
              </small>
            </>
          )}
        </dd>
      </div>
    </dl>
  )
}
