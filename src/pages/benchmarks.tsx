import { type BenchmarkSummary, type Family, families } from '../../schema/benchmark.ts'
import { catalogue, findBenchmark, summarize } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { randomFrom } from '../methods/random.ts'
import { openDatabase } from '../store/database.ts'
import { readLeaderboard } from '../store/leaderboard.ts'
import { Board } from './board.tsx'
import { type PageContext, tenantOf } from './context.ts'
import { formatNumber, words } from './format.ts'
import { Page } from './layout.tsx'
import { boardLink, boardQuery } from './leaderboard.tsx'
import { notFoundPage } from './message.tsx'
import { ParamsTable } from './params.tsx'
import { Fields } from './words.tsx'

const familyQuestions: Record<Family, string> = {
  uncertainty: 'Does the model know when it does not know?',
  hallucination: 'Does it make things up?',
  refusal: 'Does it refuse what it should, and only that?',
  robustness: 'Does it stay right when the question is bent?',
  retrieval: 'Does it use what it is given, and know when it needs it?',
  likelihood: 'How surprised is it by real text?',
}

const capabilityWords: Record<BenchmarkSummary['needs'][number], string> = {
  text: 'sampled text',
  logprobs: 'log-probabilities of generated tokens',
  prompt_logprobs: 'log-probabilities of given text',
  full: 'full-vocabulary quantities',
}

/** GET /benchmarks: the catalogue by family. */
export function benchmarksPage(context: PageContext) {
  const summaries = catalogue.map(summarize)
  return context.html(
    <Page title="Benchmarks" path="/benchmarks" loggedIn={tenantOf(context) !== null}>
      <div class="title">
        <h1>Benchmarks</h1>
        <p class="lead">
          Each asks one question about reliability, by a published method, on data made from a seed or your own.
        </p>
      </div>
      {families
        .filter((family) => summaries.some((summary) => summary.family === family))
        .map((family) => (
          <section class={`stack family-${family}`} aria-labelledby={family}>
            <div class="section-title near">
              <h2 id={family} class="family">
                {words(family)}
              </h2>
              <span class="note">{familyQuestions[family]}</span>
            </div>
            <ul class="cards">
              {summaries
                .filter((summary) => summary.family === family)
                .map((summary) => (
                  <li class="card">
                    <h3>
                      <a href={`/benchmarks/${summary.id}`}>{summary.title}</a>
                    </h3>
                    <p class="reading">{summary.question}</p>
                    <p class="basis">
                      <code>{summary.id}</code> · {callsText(summary)} · needs{' '}
                      {summary.needs.map((need) => capabilityWords[need]).join(', ')}
                    </p>
                  </li>
                ))}
            </ul>
          </section>
        ))}
    </Page>,
  )
}

/** GET /benchmarks/:benchmarkId: what is asked, how it is scored, how to run it, and who stands where. */
export async function benchmarkPage(context: PageContext) {
  const benchmark = findBenchmark(context.req.param('benchmarkId') ?? '')
  if (benchmark === undefined)
    return notFoundPage(context, 'There is no such benchmark', 'All there are: see Benchmarks.')
  const tenantId = tenantOf(context)
  const summary = summarize(benchmark)
  const path = `/benchmarks/${summary.id}`
  const asked = boardQuery(context.req.query())
  const query = { ...asked, benchmark: summary.id, sort: asked.sort === 'rank' ? summary.id : asked.sort }
  const board = await readLeaderboard(openDatabase(context.env.DB), [summary], query, tenantId)
  return context.html(
    <Page title={summary.title} path={path} loggedIn={tenantId !== null}>
      <div class="title">
        <p class="crumb">
          <a href="/benchmarks">Benchmarks</a> /{' '}
          <span class={`family family-${summary.family}`}>{words(summary.family)}</span>
        </p>
        <h1>{summary.title}</h1>
        <p class="lead">{summary.question}</p>
      </div>
      <Facts summary={summary} />
      <section class="stack" aria-labelledby="scored">
        <h2 id="scored">How it is scored</h2>
        <pre class="wrap">{summary.formula}</pre>
        <p>
          Method of{' '}
          {summary.source.url ? (
            <a href={summary.source.url}>{summary.source.title}</a>
          ) : (
            <cite>{summary.source.title}</cite>
          )}
          . {summary.source.note}
        </p>
      </section>
      <div class="two">
        <ExampleItem benchmark={benchmark} />
        <HowToRun summary={summary} origin={new URL(context.req.url).origin} />
      </div>
      <section class="stack" aria-labelledby="parameters">
        <h2 id="parameters">Parameters</h2>
        <ParamsTable schema={summary.params} />
      </section>
      <section class="stack" aria-labelledby="standing">
        <h2 id="standing">Who stands where</h2>
        {board.models.length === 0 ? (
          <p class="note">No finished run to show yet.</p>
        ) : (
          <Board
            board={board}
            query={query}
            link={(change) => boardLink({ ...query, benchmark: undefined }, change, path)}
          />
        )}
      </section>
    </Page>,
  )
}

const callsText = ({ callsPerItem: { typical, most } }: BenchmarkSummary) =>
  `${formatNumber(typical)}${most > typical ? `–${formatNumber(most)}` : ''} ${most === 1 ? 'call' : 'calls'} per item`

function Facts({ summary }: { summary: BenchmarkSummary }) {
  const { sizes, callsPerItem } = summary
  return (
    <dl class="facts">
      <div>
        <dt>Id and version</dt>
        <dd class="mono">
          {summary.id} <small>version {summary.version}</small>
        </dd>
      </div>
      <div>
        <dt>Needs of the target</dt>
        <dd>
          {summary.needs.map((need) => capabilityWords[need]).join(', ')}
          {summary.wants.length === 0 ? null : (
            <small>tells more with {summary.wants.map((want) => capabilityWords[want]).join(', ')}</small>
          )}
        </dd>
      </div>
      <div>
        <dt>Calls per item</dt>
        <dd>
          {formatNumber(callsPerItem.typical)}
          {callsPerItem.most > callsPerItem.typical ? <small>at most {formatNumber(callsPerItem.most)}</small> : null}
        </dd>
      </div>
      <div>
        <dt>Items</dt>
        <dd>
          {formatNumber(sizes.full)}
          <small>
            demo {formatNumber(sizes.demo)}, smoke {formatNumber(sizes.smoke)}
          </small>
        </dd>
      </div>
      <div>
        <dt>Suites</dt>
        <dd>{summary.suites.length === 0 ? '—' : summary.suites.join(', ')}</dd>
      </div>
      {summary.roles.length === 0 ? null : (
        <div>
          <dt>Other models it can use</dt>
          <dd>{summary.roles.join(', ')}</dd>
        </div>
      )}
    </dl>
  )
}

function ExampleItem({ benchmark }: { benchmark: AnyBenchmark }) {
  const params = benchmark.params.parse({})
  const [item] = benchmark.builtin?.(randomFrom(0, benchmark.id, 'items'), benchmark.sizes.demo, params) ?? []
  return (
    <section class="stack" aria-labelledby="example">
      <h2 id="example">An item</h2>
      {item === undefined ? (
        <p class="note">It has no data of its own: it runs on the items that you upload.</p>
      ) : (
        <>
          <div class="item">
            <Fields value={item as Record<string, unknown>} />
          </div>
          <p class="note">The first that seed 0 makes. Your own items take the same shape.</p>
        </>
      )}
    </section>
  )
}

function HowToRun({ summary, origin }: { summary: BenchmarkSummary; origin: string }) {
  const body = JSON.stringify({ targetId: 'tgt_…', benchmarks: [{ id: summary.id }], size: 'demo' })
  return (
    <section class="stack" aria-labelledby="run">
      <h2 id="run">How to run it</h2>
      <p>From a terminal:</p>
      <pre>npm run -s assay -- run --target my-model --benchmark {summary.id} --size demo</pre>
      <p>
        By HTTP (see the <a href="/docs">API reference</a>):
      </p>
      <pre class="wrap">{`curl ${origin}/v1/runs \\\n  -H "authorization: Bearer $ASSAY_API_KEY" \\\n  -H "content-type: application/json" \\\n  -d '${body}'`}</pre>
      {summary.importers.length === 0 ? null : (
        <p class="note">Your own items can be imported from: {summary.importers.join(', ')}.</p>
      )}
    </section>
  )
}
