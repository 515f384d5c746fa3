import { catalogue } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import {
  type MetricTrust,
  type Trust,
  type TrustReading,
  trialItems,
  trialModels,
  trustOf,
} from '../benchmarks/reference/trust.ts'
import { type PageContext, tenantOf } from './context.ts'
import { formatNumber, words } from './format.ts'
import { Page } from './layout.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** `GET /trust`: what each benchmark reads on models whose knowledge is known by construction. */
export function trustPage(context: PageContext) {
  const tenantId = tenantOf(context)
  const trusts = catalogue.map((benchmark) => ({ benchmark, trust: trustOf(benchmark.id) }))
  return context.html(
    <Page title="How far to trust this number" path="/trust" loggedIn={tenantId !== null}>
      <div class="title">
        <h1>How far to trust this number</h1>
        <p class="lead">
          A scale is checked with a weight of known mass. Here each benchmark is held against small language models that
          were taught a generated world, so that for every question it is known whether the answer was taught, how
          often, and in what shares.
        </p>
      </div>
      <HowToRead />
      <Overview trusts={trusts} />
      {trusts.map((one) => (
        <BenchmarkTrust {...one} />
      ))}
    </Page>,
  )
}

interface OfBenchmark {
  benchmark: AnyBenchmark
  trust: Trust
}

/** A number to three places, below a thousandth to four. */
const plain = (value: number | null): string => {
  if (value === null) return '–'
  const size = Math.abs(value)
  return size >= 5e-5 && size < 1e-3
    ? `${value < 0 ? '−' : ''}${size.toFixed(4)}`
    : formatNumber(size < 5e-5 ? 0 : value)
}
/** A difference with its sign. */
const signed = (value: number | null): string => (value !== null && value >= 5e-5 ? `+${plain(value)}` : plain(value))
const small = (value: number | null): string => (value !== null && value < 5e-5 ? '< 0.0001' : plain(value))
const held = ({ covered, intervals }: { covered: number; intervals: number }): string =>
  intervals === 0 ? '–' : `${covered} of ${intervals}`

function HowToRead() {
  return (
    <section class="stack" aria-labelledby="how-to-read">
      <h2 id="how-to-read">How to read it</h2>
      <p>
        <strong>Truth</strong> is what a metric comes to over all questions of the world, computed from a model’s whole
        distributions without asking the server. <strong>Bias</strong> is the reading less that truth: it holds the luck
        of the {formatNumber(trialItems)} questions asked, and the interval should hold the truth in 95 of 100 cases.{' '}
        <strong>Error</strong> is the distance from what those very questions must give: a number that nothing was drawn
        for is off by rounding only, a drawn one by the luck of the draw.
      </p>
      <p class="note">
        {formatNumber(trialModels)} models, which differ in what they were taught, how, and in the seed. Made by{' '}
        <code>npm run test:reference -- --write</code>. These models know nothing of the real world: what is shown here
        is that the scale is true, not that a question of yours is a good one.
      </p>
    </section>
  )
}

function Overview({ trusts }: { trusts: OfBenchmark[] }) {
  return (
    <section class="stack" aria-labelledby="overview">
      <h2 id="overview">At a glance</h2>
      <ScrollBox label="All benchmarks">
        <table class="report-table">
          <thead>
            <tr>
              <th scope="col">Benchmark, and the metric shown</th>
              <th scope="col" class="number">
                Mean bias
              </th>
              <th scope="col" class="number">
                Largest bias
              </th>
              <th scope="col" class="number">
                Largest error
              </th>
              <th scope="col" class="number">
                Intervals that hold the truth, all metrics
              </th>
            </tr>
          </thead>
          <tbody>
            {trusts.map(({ benchmark, trust }) => (
              <tr>
                <th scope="row">
                  <a href={`#${benchmark.id}`}>{benchmark.title}</a>
                  <small>{trust.key?.title ?? trust.reason}</small>
                </th>
                <td class="number">{signed(trust.key?.bias ?? null)}</td>
                <td class="number">{signed(trust.key?.largestBias ?? null)}</td>
                <td class="number">{small(trust.key?.largestError ?? null)}</td>
                <td class="number">{held(trust)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}

function BenchmarkTrust({ benchmark, trust }: OfBenchmark) {
  return (
    <section class={`stack family-${benchmark.family}`} id={benchmark.id} aria-labelledby={`${benchmark.id}-title`}>
      <div class="section-title">
        <h2 id={`${benchmark.id}-title`}>
          <a href={`/benchmarks/${benchmark.id}`}>{benchmark.title}</a>
        </h2>
        <span class={`family family-${benchmark.family}`}>{words(benchmark.family)}</span>
      </div>
      {trust.reason === null ? (
        <>
          {trust.key?.headline ? null : (
            <p class="note">
              Truth does not fix its headline, which rests on a fit or on what is drawn; these are the metrics beside it
              that truth does fix.
            </p>
          )}
          <Metrics benchmark={benchmark} metrics={trust.metrics} />
          <details>
            <summary>All {formatNumber(trust.readings.length)} readings, model by model</summary>
            <Readings benchmark={benchmark} readings={trust.readings} />
          </details>
        </>
      ) : (
        <p>{trust.reason}</p>
      )}
    </section>
  )
}

function Metrics({ benchmark, metrics }: { benchmark: AnyBenchmark; metrics: readonly MetricTrust[] }) {
  return (
    <ScrollBox label={`Metrics of ${benchmark.title} against the truth`}>
      <table class="report-table">
        <thead>
          <tr>
            <th scope="col">Metric</th>
            <th scope="col" class="number">
              Models
            </th>
            <th scope="col" class="number">
              Mean bias
            </th>
            <th scope="col" class="number">
              Largest bias
            </th>
            <th scope="col" class="number">
              Largest error
            </th>
            <th scope="col" class="number">
              Spread over seeds
            </th>
            <th scope="col" class="number">
              Intervals that hold the truth
            </th>
          </tr>
        </thead>
        <tbody>
          {metrics.map((metric) => (
            <tr>
              <th scope="row">
                {metric.title}
                {metric.exact ? null : <small>rests on what is drawn</small>}
              </th>
              <td class="number">{formatNumber(metric.readings)}</td>
              <td class="number">{signed(metric.bias)}</td>
              <td class="number">{signed(metric.largestBias)}</td>
              <td class="number">{small(metric.largestError)}</td>
              <td class="number">{plain(metric.spread)}</td>
              <td class="number">{held(metric)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function Readings({ benchmark, readings }: { benchmark: AnyBenchmark; readings: readonly TrustReading[] }) {
  return (
    <ScrollBox label={`Readings of ${benchmark.title}`}>
      <table class="report-table">
        <thead>
          <tr>
            <th scope="col">Model of the standard</th>
            <th scope="col">Metric</th>
            <th scope="col" class="number">
              Truth
            </th>
            <th scope="col" class="number">
              Expected of these items
            </th>
            <th scope="col" class="number">
              Read
            </th>
            <th scope="col" class="number">
              Interval
            </th>
            <th scope="col" class="number">
              n
            </th>
          </tr>
        </thead>
        <tbody>
          {readings.map((reading) => (
            <tr>
              <th scope="row">
                {reading.variant} <small>seed {reading.seed}</small>
              </th>
              <td>{reading.title}</td>
              <td class="number">{plain(reading.truth)}</td>
              <td class="number">{plain(reading.expected)}</td>
              <td class="number">{plain(reading.read)}</td>
              <td class="number">
                {reading.low === null || reading.high === null ? '–' : `${plain(reading.low)} – ${plain(reading.high)}`}
              </td>
              <td class="number">{formatNumber(reading.n)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}
