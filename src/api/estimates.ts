import { createRoute, z } from '@hono/zod-openapi'
import {
  type EstimateRequest,
  type EstimateResult,
  estimateAnswer,
  estimateLimits,
  estimateRequest,
  estimatorSummary,
} from '../../schema/estimate.ts'
import type { ProblemEntry } from '../../schema/problem.ts'
import { type EstimatorName, estimators } from '../methods/estimators/catalogue.ts'
import { ESTIMATOR_NAMES, estimateAll } from '../methods/estimators/estimate.ts'
import type { Evidence } from '../methods/estimators/estimator.ts'
import { pointerTo } from '../runs/plan-error.ts'
import { requireIdentity } from './auth.ts'
import type { Api } from './environment.ts'
import { misfits } from './estimate-shapes.ts'
import { ProblemError, problemAnswers } from './problem.ts'

const tags = ['Estimates']
const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})

const { bytes, items, samples } = estimateLimits

const create = createRoute({
  method: 'post',
  path: '/v1/estimates',
  tags,
  summary: 'Uncertainty of answers of your own',
  description: `Scores posted samples and log-probabilities with any estimators: no model is asked and nothing is stored. At most ${items} items of ${samples} samples, ${bytes} bytes. What an item lacks gives null with a reason.`,
  request: { body: { required: true, content: { 'application/json': { schema: estimateRequest } } } },
  responses: { 200: json('One result for each item, in order', estimateAnswer), ...problemAnswers(401, 413, 415, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/v1/estimators',
  tags,
  summary: 'The estimators',
  description: 'Every estimator with its formula, its source and what it is computed from. Open to everybody.',
  security: [],
  responses: {
    200: json(
      'In the order of the catalogue',
      z.object({ items: z.array(estimatorSummary), next: z.null() }).meta({ id: 'EstimatorPage' }),
    ),
    ...problemAnswers(),
  },
})

/** The estimators named, or all; raises a problem that points at names that there are not. */
function namesOf(wanted: readonly string[] | undefined): readonly EstimatorName[] {
  if (!wanted) return ESTIMATOR_NAMES
  const errors = wanted.flatMap((name, i): ProblemEntry[] =>
    Object.hasOwn(estimators, name)
      ? []
      : [{ pointer: pointerTo('estimators', i), detail: `There is no estimator “${name}”; see GET /v1/estimators.` }],
  )
  if (errors[0]) throw new ProblemError('invalid-request', errors[0].detail, errors)
  return [...new Set(wanted)] as EstimatorName[]
}

/** JSON has no −∞: null stands for it. */
const unbounded = (rows: readonly (readonly (number | null)[])[]): number[][] =>
  rows.map((row) => row.map((value) => value ?? Number.NEGATIVE_INFINITY))

/** Every item's estimates. Raises problems that point into the request. */
export function estimatesOf(request: EstimateRequest): EstimateResult[] {
  const names = namesOf(request.estimators)
  const errors = misfits(request)
  if (errors[0]) throw new ProblemError('invalid-request', `${errors[0].pointer}: ${errors[0].detail}`, errors)
  const { fitEmbeddings, backgroundEmbeddings } = request
  return request.items.map(({ id, fullDistributions, ...rest }, index) => {
    const evidence: Partial<Evidence> = {
      ...rest,
      ...(fullDistributions ? { fullDistributions: unbounded(fullDistributions) } : {}),
      ...(fitEmbeddings ? { fitEmbeddings } : {}),
      ...(backgroundEmbeddings ? { backgroundEmbeddings } : {}),
    }
    const estimates: EstimateResult['estimates'] = {}
    const reasons: EstimateResult['reasons'] = {}
    for (const [name, result] of Object.entries(estimateAll(evidence, names, { raw: request.raw }))) {
      estimates[name] = result.value
      if (result.value === null) reasons[name] = result.reason
    }
    return { id: id ?? null, index, estimates, reasons }
  })
}

export function addEstimates(api: Api): void {
  api.openapi(list, (context) => {
    const items = Object.values(estimators).map(({ name, title, formula, needs, direction, source }) => ({
      name,
      title,
      formula,
      needs: [...needs],
      direction,
      source,
    }))
    return context.json({ items, next: null }, 200)
  })

  api.openapi(create, (context) => {
    requireIdentity(context)
    return context.json({ items: estimatesOf(context.req.valid('json')) }, 200)
  })
}
