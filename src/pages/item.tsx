import { findBenchmark } from '../benchmarks/catalogue.ts'
import { openDatabase } from '../store/database.ts'
import { getRunBenchmarks } from '../store/runs.ts'
import { getScore, scoreView } from '../store/scores.ts'
import { type Exchange, type PageContext, tenantOf } from './context.ts'
import { counted, formatNumber } from './format.ts'
import { Page } from './layout.tsx'
import { notFoundPage } from './message.tsx'
import { runNotFound, visibleRun } from './run.tsx'
import { StatusBadge } from './run-parts.tsx'
import { Detail, Json, Words } from './words.tsx'

/** GET /runs/:runId/items/:benchmarkId/:index: one item, its row, and all that was asked and answered. */
export async function itemPage(context: PageContext) {
  const { runId = '', benchmarkId = '', index = '' } = context.req.param()
  const db = openDatabase(context.env.DB)
  const run = await visibleRun(context, db, runId)
  if (run === null) return runNotFound(context)
  const benchmark = (await getRunBenchmarks(db, run.id)).find((stored) => stored.benchmarkId === benchmarkId)
  const stored = benchmark && /^\d{1,9}$/.test(index) ? await getScore(db, benchmark.id, Number(index)) : null
  if (stored === null) return notFoundPage(context, 'There is no such item', 'It may not have been reached yet.')
  const row = scoreView(benchmarkId, stored)
  const exchanges = await context
    .get('services')
    .itemEvidence(context.env, run.tenantId, run.id, benchmarkId, row.index)
  const title = findBenchmark(benchmarkId)?.title ?? benchmarkId
  return context.html(
    <Page title={`${row.itemId}, ${title}`} path={`/runs/${run.id}`} loggedIn={tenantOf(context) !== null}>
      <div class="title">
        <p class="crumb">
          <a href={`/runs/${run.id}`}>{run.target.name}</a> / <a href={`/runs/${run.id}#${benchmarkId}`}>{title}</a>
        </p>
        <div class="row">
          <h1 class="mono">{row.itemId}</h1>
          <StatusBadge status={row.status} />
        </div>
        <p class="lead">
          Item {row.index + 1}
          {row.score === null ? null : `, score ${formatNumber(row.score)}`}
          {row.reason === null ? null : `, ${row.reason}`}
        </p>
      </div>
      {row.detail === null ? null : (
        <section class="stack" aria-labelledby="row">
          <h2 id="row">What became of it</h2>
          <div class="item">
            <Detail detail={row.detail} />
          </div>
        </section>
      )}
      <section class="stack" aria-labelledby="evidence">
        <h2 id="evidence">What was asked and answered</h2>
        {exchanges.length === 0 ? (
          <p class="note">No stored answers are at hand for this item.</p>
        ) : (
          <ol class="items exchanges">
            {exchanges.map((exchange) => (
              <li class="item">
                <AskedAnswered exchange={exchange} />
              </li>
            ))}
          </ol>
        )}
      </section>
    </Page>,
  )
}

interface Known {
  kind?: unknown
  messages?: { role: string; content: string }[]
  prompt?: unknown
  continuations?: string[]
}

/** A question and its answer; the parts that every dialect has in words, all else as JSON. */
function AskedAnswered({ exchange: { asked, answered } }: { exchange: Exchange }) {
  const { kind, messages, prompt, continuations, ...settings } = (asked ?? {}) as Known & Record<string, unknown>
  const opened = typeof prompt === 'object' && prompt !== null ? (prompt as Known & { answerPrefix?: string }) : null
  const { samples, scores, ...others } = (answered ?? {}) as {
    samples?: { text: string; finishReason?: string; reasoning?: string }[]
    scores?: { logprob: number; scoredTokens: number }[]
  } & Record<string, unknown>
  return (
    <dl class="fields">
      {(messages ?? opened?.messages ?? []).map((message) => (
        <>
          <dt>Asked as {message.role}</dt>
          <dd>
            <Words text={message.content} />
          </dd>
        </>
      ))}
      {typeof prompt === 'string' ? <Named name="Asked" text={prompt} /> : null}
      {opened?.answerPrefix ? <Named name="Answer opened with" text={opened.answerPrefix} /> : null}
      {samples?.map((sample, place) => (
        <>
          <dt>{samples.length === 1 ? 'Answered' : `Sample ${place + 1}`}</dt>
          <dd>
            {sample.reasoning ? (
              <details>
                <summary>Reasoning</summary>
                <Words text={sample.reasoning} said />
              </details>
            ) : null}
            <Words text={sample.text} said />
            {sample.finishReason === 'length' ? <span class="note">cut at its length limit</span> : null}
          </dd>
        </>
      ))}
      {continuations?.map((continuation, place) => (
        <>
          <dt>Log-probability of</dt>
          <dd>
            <Words text={continuation} />
            {scores?.[place] ? (
              <span class="note">
                {formatNumber(scores[place].logprob)} nats over {counted(scores[place].scoredTokens, 'token')}
              </span>
            ) : null}
          </dd>
        </>
      ))}
      {Object.keys(settings).length === 0 ? null : (
        <>
          <dt>{typeof kind === 'string' ? `Settings (${kind})` : 'Settings'}</dt>
          <dd>
            <Json value={settings} />
          </dd>
        </>
      )}
      {Object.keys(others).length === 0 ? null : (
        <>
          <dt>More</dt>
          <dd>
            <Json value={others} />
          </dd>
        </>
      )}
    </dl>
  )
}

const Named = ({ name, text }: { name: string; text: string }) => (
  <>
    <dt>{name}</dt>
    <dd>
      <Words text={text} />
    </dd>
  </>
)
