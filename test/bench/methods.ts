/**
 * `npm run bench:methods`: the whole catalogue of estimators, and the measures of their quality, on 1,000 answered
 * questions of 10 samples of 20 tokens, beside lm-polygraph's own estimators and scikit-learn's metrics on the same data
 * (Python in an environment of its own, made under the system's folder for temporary files). Every value is compared
 * too. Times are processor time of one thread. Ends with 1 where something is slower than its counterpart, or a pairwise estimator needs 10 ms an item or more
 * than linear time.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../src/cli/setup/root.ts'
import { type EstimatorName, estimators } from '../../src/methods/estimators/catalogue.ts'
import { ESTIMATOR_NAMES } from '../../src/methods/estimators/estimate.ts'
import type { Estimator, Evidence } from '../../src/methods/estimators/estimator.ts'
import { predictionRejectionArea } from '../../src/methods/selective/rejection.ts'
import { reversedPairs } from '../../src/methods/selective/reversed-pairs.ts'
import { riskCoverageAuc } from '../../src/methods/selective/risk-coverage.ts'
import { averagePrecision, precisionRecallCurve, rocAuc } from '../../src/methods/statistics/binary-classification.ts'
import { expectedCalibrationError } from '../../src/methods/statistics/calibration-error.ts'
import { kendallTauB, spearman } from '../../src/methods/statistics/correlation.ts'
import { isotonicCalibration } from '../../src/methods/statistics/isotonic-calibration.ts'
import { plattScaling } from '../../src/methods/statistics/platt-scaling.ts'
import { brier, logLoss } from '../../src/methods/statistics/proper-scores.ts'
import { benchData, benchDistributions, VOCABULARY } from './methods-data.ts'

const ITEMS = 1000
const VOCABULARY_ITEMS = 100
const REPEATS = 5
const PACKAGES = ['numpy==2.3.5', 'scipy==1.17.1', 'scikit-learn==1.9.1', 'rouge-score==0.1.2', 'nltk==3.9.2']
const REFERENCE = 'lm-polygraph==0.7.0'
const PAIRWISE = /^(DegMat|Eccentricity|EigValLaplacian|KernelLanguageEntropy)/

interface Measured {
  seconds: number
  values: (number | null)[]
}

/** Seconds that this thread has computed: other work on the machine does not count. */
const threadSeconds = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1e6
}

/** Shorter times than this are not measured alone: the clock of a thread is coarse. */
const LEAST_SECONDS = 0.1

/** The best of several times, the first of which warms up; fewer where one takes long. */
function measure(call: () => (number | null)[]): Measured {
  let values: (number | null)[] = []
  let [seconds, spent] = [Number.POSITIVE_INFINITY, 0]
  for (let i = 0; i <= REPEATS && spent < 0.4; i++) {
    const start = threadSeconds()
    let [calls, took] = [0, 0]
    while (took < LEAST_SECONDS) {
      values = call()
      calls++
      took = threadSeconds() - start
    }
    seconds = Math.min(seconds, took / calls)
    spent += took
  }
  return { seconds, values }
}

const run = (command: string, args: string[], options: { env?: NodeJS.ProcessEnv } = {}): string => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 30, ...options })
  if (status !== 0) throw new Error(`${command} ${args[0]}: ${stderr.trim().split('\n').slice(-6).join('\n')}`)
  return stdout
}

/** Python with lm-polygraph and scikit-learn; made once. Of lm-polygraph only the package itself: no estimator needs the rest. */
function python(): string {
  const folder = join(tmpdir(), 'assay-bench-methods')
  const path = join(folder, 'bin', 'python')
  const stamp = join(folder, 'packages.json')
  const wanted = JSON.stringify([...PACKAGES, REFERENCE])
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return path
  console.error('Making a Python environment …')
  run('python3', ['-m', 'venv', '--clear', folder])
  run(path, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'uv'])
  run(path, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', path, ...PACKAGES])
  run(path, ['-m', 'uv', 'pip', 'install', '--quiet', '--python', path, '--no-deps', REFERENCE])
  writeFileSync(stamp, wanted)
  return path
}

/** Where gpu-backend's environment keeps torch, for the distances of hidden states; nothing where it was not made. */
function torchFolder(): string {
  const lib = join(projectRoot, 'gpu-backend', '.venv', 'lib')
  if (!existsSync(lib)) return ''
  return readdirSync(lib)
    .map((version) => join(lib, version, 'site-packages'))
    .filter((folder) => existsSync(join(folder, 'torch')))
    .join(':')
}

const data = benchData(ITEMS)
const distributions = benchDistributions(VOCABULARY_ITEMS)
const folder = join(tmpdir(), 'assay-bench-methods-data')
mkdirSync(folder, { recursive: true })
const [dataPath, distributionsPath] = [join(folder, 'data.json'), join(folder, 'distributions.bin')]
const forPython = data.items.map(
  ({ fitEmbeddings: _, backgroundEmbeddings: __, ensembleDistributions: ___, ...item }) => item,
)
writeFileSync(dataPath, JSON.stringify({ ...data, items: forPython }))
writeFileSync(distributionsPath, Buffer.from(Float64Array.from(distributions.flat(2)).buffer))

const reference = JSON.parse(
  run(
    python(),
    [join(import.meta.dirname, 'methods.py'), dataPath, distributionsPath, String(VOCABULARY), String(REPEATS)],
    { env: { ...process.env, ASSAY_TORCH: torchFolder(), OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' } },
  ),
) as Record<string, (Measured & { items: number }) | undefined>

const own = new Map<string, Measured & { items: number }>()
const estimate = (name: EstimatorName, items: readonly Partial<Evidence>[]) => {
  const estimator: Estimator = estimators[name]
  return items.map((item) => estimator.estimate(item).value)
}
for (const name of ESTIMATOR_NAMES) {
  const fitted = estimators[name].needs.includes('fitEmbeddings')
  // A fit belongs to the work: each repeat gets fit sets that were never seen.
  const unseen = () => {
    const [fitEmbeddings, backgroundEmbeddings] = [[...data.fit], [...data.background]]
    return data.items.map(({ answerEmbedding }) => ({ answerEmbedding, fitEmbeddings, backgroundEmbeddings }))
  }
  const items = () => (fitted ? unseen() : data.items)
  own.set(name, { ...measure(() => estimate(name, items())), items: ITEMS })
}
for (const name of ['RenyiNeg', 'FisherRao', 'SelfCertainty'] as const) {
  const items = distributions.map((fullDistributions) => ({ fullDistributions }))
  own.set(`${name} from distributions`, { ...measure(() => estimate(name, items)), items: VOCABULARY_ITEMS })
}

const uncertainty = data.items.map(({ greedyLogprobs }) => -greedyLogprobs.reduce((sum, l) => sum + l, 0))
const certainty = uncertainty.map((u) => -u)
const largest = Math.max(...uncertainty)
const confidence = uncertainty.map((u) => Math.exp(-u / largest))
const { qualities } = data
const qualityMeasures: Record<string, () => (number | null)[]> = {
  rocAuc: () => [rocAuc(certainty, qualities)],
  averagePrecision: () => [averagePrecision(certainty, qualities)],
  precisionRecallCurve: () => precisionRecallCurve(certainty, qualities)?.precision ?? [],
  brier: () => [brier(confidence, qualities)],
  logLoss: () => [logLoss(confidence, qualities)],
  isotonicCalibration: () => confidence.map(isotonicCalibration(confidence, qualities) ?? (() => Number.NaN)),
  plattScaling: () => confidence.map(plattScaling(confidence, qualities) ?? (() => Number.NaN)),
  spearman: () => [spearman(certainty, qualities)],
  kendallTauB: () => [kendallTauB(certainty, qualities)],
  PredictionRejectionArea: () => [predictionRejectionArea(uncertainty, qualities)],
  RiskCoverageAUC: () => [riskCoverageAuc(uncertainty, qualities)],
  ReversedPairs: () => [reversedPairs(uncertainty, qualities)],
  ECE: () => [expectedCalibrationError(confidence, qualities, 10)],
}
for (const [name, call] of Object.entries(qualityMeasures)) own.set(name, { ...measure(call), items: ITEMS })

/** The largest difference among the values that the reference has. */
const difference = (a: Measured, b: Measured): number =>
  Math.max(...b.values.map((value, i) => Math.abs((value ?? Number.NaN) - (a.values[i] ?? Number.NaN))))

const wrong: string[] = []
console.log('| estimator or measure | ours, µs an item | reference, µs an item | times as fast | largest difference |')
console.log('|---|--:|--:|--:|--:|')
for (const [name, mine] of own) {
  const theirs = reference[name]
  const perItem = ({ seconds, items }: { seconds: number; items: number }) => ((seconds * 1e6) / items).toFixed(2)
  const missing = mine.values.filter((value) => value === null).length
  if (missing > 0) wrong.push(`${name}: ${missing} values are null`)
  if (!theirs) {
    console.log(`| ${name} | ${perItem(mine)} | – | – | – |`)
    continue
  }
  const gap = difference(mine, theirs)
  const ratio = theirs.seconds / theirs.items / (mine.seconds / mine.items)
  console.log(`| ${name} | ${perItem(mine)} | ${perItem(theirs)} | ${ratio.toFixed(1)} | ${gap.toExponential(0)} |`)
  if (ratio < 1) wrong.push(`${name}: slower than the reference`)
}

console.log('\n| pairwise estimator | ms an item | 1,000 items over 250 items (linear: 4) |')
console.log('|---|--:|--:|')
for (const name of ESTIMATOR_NAMES.filter((one) => PAIRWISE.test(one))) {
  const all = own.get(name) as Measured
  const quarter = measure(() => estimate(name, data.items.slice(0, ITEMS / 4)))
  const [perItem, growth] = [(all.seconds * 1000) / ITEMS, all.seconds / quarter.seconds]
  console.log(`| ${name} | ${perItem.toFixed(4)} | ${growth.toFixed(1)} |`)
  if (perItem > 10) wrong.push(`${name}: ${perItem} ms an item`)
  if (growth > 8) wrong.push(`${name}: grows by ${growth.toFixed(1)} when the items grow by 4`)
}
const whole = ESTIMATOR_NAMES.reduce((sum, name) => sum + (own.get(name) as Measured).seconds, 0)
console.log(
  `\nThe whole catalogue (${ESTIMATOR_NAMES.length} estimators): ${((whole * 1000) / ITEMS).toFixed(2)} ms an item.`,
)
for (const line of wrong) console.log(`wrong: ${line}`)
process.exitCode = wrong.length > 0 ? 1 : 0
