import { catalogue } from '../benchmarks/catalogue.ts'
import type { AnyBenchmark } from '../benchmarks/define.ts'
import { type Trust, type TrustReading, trialItems, trustOf } from '../benchmarks/reference/trust.ts'
import { type PageContext, tenantOf } from './context.ts'
import { formatNumber, words } from './format.ts'
import { Page } from './layout.tsx'
import { ScrollBox } from './scroll-box.tsx'

/** `GET /trust`: what each benchmark reads on models whose knowledge is known by construction. */
export function trustPage(context: PageContext) {
  const tenantId = tenantOf(context)
  return context.html(
    <Page title="How far to trust this number" path="/trust" loggedIn={tenantId !== null}>
      <div class="title">
        <h1>How far to trust this number</h1>
        <p class="lead">
          A scale is checked with a weight of known mass. Here each benchmark is held against small language models that
          were taught a generated world, so that for every question it is known whether the answer was taught, how
          often, and in what shares.
        </p>
        <p class="note">
          Truth is computed from the models’ whole distributions, without sampling; the reading is what the benchmark
          says after asking the served model {formatNumber(trialItems)} items, so that its interval should hold the
          truth over all items in 95 of 100 cases. Made by <code>npm run test:reference -- --write</code>.
        </p>
      </div>
      <Overview />
      {catalogue.map((benchmark) => (
        <BenchmarkTrust benchmark={benchmark} trust={trustOf(benchmark.id)} />
      ))}
    </Page>,
  )
}

const signed = (value: number | null): string =>
  value === null ? '–' : `${value > 0 ? '+' : ''}${formatNumber(Math.abs(value) < 5e-7 ? 0 : value)}`
const plain = (value: number | null): string => (value === null ? '–' : formatNumber(value))

function Overview() {
  return (
    <section class="stack" aria-labelledby="overview">
      <h2 id="overview">At a glance</h2>
      <ScrollBox label="All benchmarks">
        <table class="report-table">
          <thead>
            <tr>
              <th scope="col">Benchmark</th>
              <th scope="col" class="number">
                Readings
              </th>
              <th scope="col" class="number">
                Mean bias
              </th>
              <th scope="col" class="number">
                Largest bias
              </th>
              <th scope="col" class="number">
                Intervals that hold the truth
              </th>
            </tr>
          </thead>
          <tbody>
            {catalogue.map((benchmark) => {
              const trust = trustOf(benchmark.id)
              return (
                <tr>
                  <th scope="row">
                    <a href={`#${benchmark.id}`}>{benchmark.title}</a>
                    {trust.reason === null ? null : <small>{trust.reason}</small>}
                  </th>
                  <td class="number">{trust.readings.length}</td>
                  <td class="number">{signed(trust.bias)}</td>
                  <td class="number">{signed(trust.largestBias)}</td>
                  <td class="number">{trust.intervals === 0 ? '–' : `${trust.covered} of ${trust.intervals}`}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </ScrollBox>
    </section>
  )
}

function BenchmarkTrust({ benchmark, trust }: { benchmark: AnyBenchmark; trust: Trust }) {
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
          <p>
            Bias against the truth over all items: {signed(trust.bias)} on average, {signed(trust.largestBias)} at most.
            Against what the asked items must give: off by at most {plain(trust.largestError)}. {trust.covered} of{' '}
            {trust.intervals} intervals hold the truth.
          </p>
          {trust.spreads.length === 0 ? null : (
            <p class="note">
              Spread over seeds (standard deviation over {trust.spreads[0]?.seeds} models taught the same):{' '}
              {trust.spreads.map(({ title, spread }) => `${title} ${formatNumber(spread)}`).join('; ')}.
            </p>
          )}
          <Readings benchmark={benchmark} readings={trust.readings} />
        </>
      ) : (
        <p class="note">{trust.reason}</p>
      )}
    </section>
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
