import { createRoute, z } from '@hono/zod-openapi'
import { type DatasetQuery, dataset, datasetItem, datasetLimits, datasetQuery } from '../../schema/dataset.ts'
import { pageOf, pageQuery } from '../../schema/pagination.ts'
import { CursorError } from '../store/cursor.ts'
import { type Database, openDatabase } from '../store/database.ts'
import {
  type DatasetRow,
  datasetView,
  deleteDataset,
  getDataset,
  listDatasets,
  openRunOfDataset,
  pageItems,
} from '../store/datasets.ts'
import { requireIdentity } from './auth.ts'
import type { Api, ApiContext } from './environment.ts'
import { notFound, ProblemError, problemAnswers } from './problem.ts'
import { fileReader, storeUpload, type Upload } from './upload.ts'

const tags = ['Datasets']
const params = z.object({ datasetId: z.string() })
const json = <T extends z.ZodType>(description: string, schema: T) => ({
  description,
  content: { 'application/json': { schema } },
})
/** Plain schema objects: the body is read as a stream and never as a whole. */
const text = { schema: { type: 'string' as const } }
const form = {
  schema: {
    type: 'object' as const,
    required: ['file'],
    properties: { file: { type: 'string' as const, format: 'binary' } },
  },
}

const create = createRoute({
  method: 'post',
  path: '/v1/datasets',
  tags,
  summary: 'Upload items of your own',
  description: `The file is the body (up to ${datasetLimits.bytes} bytes, read as a stream), or the field \`file\` of a form (up to ${datasetLimits.multipartBytes}). Without \`importer\`: JSON lines of the benchmark's item shape. All or nothing: problems are named by line, the first ${datasetLimits.problemsShown}.`,
  request: {
    query: datasetQuery,
    body: {
      required: true,
      content: { 'application/x-ndjson': text, 'text/csv': text, 'text/plain': text, 'multipart/form-data': form },
    },
  },
  responses: { 201: json('The dataset', dataset), ...problemAnswers(401, 413, 415, 422) },
})

const list = createRoute({
  method: 'get',
  path: '/v1/datasets',
  tags,
  summary: 'List datasets',
  request: { query: pageQuery },
  responses: { 200: json('Newest first', pageOf(dataset, 'DatasetPage')), ...problemAnswers(401, 422) },
})

const show = createRoute({
  method: 'get',
  path: '/v1/datasets/{datasetId}',
  tags,
  summary: 'Show a dataset',
  request: { params },
  responses: { 200: json('The dataset', dataset), ...problemAnswers(401, 404) },
})

const listItems = createRoute({
  method: 'get',
  path: '/v1/datasets/{datasetId}/items',
  tags,
  summary: "A dataset's items, in their order",
  request: { params, query: pageQuery },
  responses: { 200: json('In order', pageOf(datasetItem, 'DatasetItemPage')), ...problemAnswers(401, 404, 422) },
})

const remove = createRoute({
  method: 'delete',
  path: '/v1/datasets/{datasetId}',
  tags,
  summary: 'Remove a dataset',
  description: 'Finished runs on it stay readable. Refused while a run on it is open.',
  request: { params },
  responses: { 204: { description: 'Removed' }, ...problemAnswers(401, 404, 409) },
})

const plainTypes = new Set([
  '',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json',
  'application/octet-stream',
  'text/csv',
  'text/plain',
  'text/tab-separated-values',
])

const tableTypes = new Set(['text/csv', 'text/tab-separated-values'])

/** The file of a request, as a stream; of a form only its field `file`, which has to be small. */
async function fileOf(context: ApiContext, query: DatasetQuery): Promise<Upload> {
  const { benchmark, importer } = fileReader(query)
  const format = importer?.format ?? 'jsonl'
  const type = (context.req.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  const bytes = Number(context.req.header('content-length') ?? 0)
  const most = type === 'multipart/form-data' ? datasetLimits.multipartBytes : datasetLimits.bytes
  if (bytes > most) {
    const way = most === datasetLimits.bytes ? 'Split it.' : 'Send the file itself as the body instead of a form.'
    throw new ProblemError('too-large', `The body is larger than ${most} bytes. ${way}`)
  }
  if ((context.req.header('content-encoding') ?? 'identity') !== 'identity') {
    throw new ProblemError('unsupported-media-type', 'Send the file uncompressed.')
  }
  if (type === 'multipart/form-data') {
    const file = (await formOf(context, most)).get('file')
    if (!(file instanceof Blob)) throw new ProblemError('invalid-file', 'The form has no file in its field `file`.')
    return { body: file.stream(), format }
  }
  if (importer === null && tableTypes.has(type)) {
    const known = Object.keys(benchmark.importers ?? {}).join(', ') || 'none'
    const detail = `A table needs an importer that knows its columns; ${benchmark.id} has: ${known}. Without one the file is JSON lines.`
    throw new ProblemError('invalid-request', detail, [{ pointer: '/importer', detail }])
  }
  if (!plainTypes.has(type)) {
    const detail = `${type} is not read here; send text/csv or application/x-ndjson (curl: -H 'content-type: text/csv').`
    throw new ProblemError('unsupported-media-type', detail)
  }
  return { body: context.req.raw.body ?? new Blob([]).stream(), format }
}

/** The form, read through a counter: its length may be untold. */
async function formOf(context: ApiContext, most: number): Promise<FormData> {
  let bytes = 0
  const counter = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      bytes += chunk.byteLength
      if (bytes > most) controller.error(new Error('too large'))
      else controller.enqueue(chunk)
    },
  })
  const headers = { 'content-type': context.req.header('content-type') ?? '' }
  try {
    return await new Response((context.req.raw.body ?? new Blob([]).stream()).pipeThrough(counter), {
      headers,
    }).formData()
  } catch {
    if (bytes > most) {
      throw new ProblemError('too-large', `A form may have ${most} bytes; send the file itself as the body instead.`)
    }
    throw new ProblemError('bad-request', 'The form cannot be read.')
  }
}

async function ownDataset(context: ApiContext, datasetId: string): Promise<{ db: Database; row: DatasetRow }> {
  const { tenantId } = requireIdentity(context)
  const db = openDatabase(context.env.DB)
  const row = await getDataset(db, tenantId, datasetId)
  if (!row) throw notFound('dataset')
  return { db, row }
}

export function addDatasets(api: Api): void {
  api.openapi(create, async (context) => {
    const { tenantId } = requireIdentity(context)
    const query = context.req.valid('query')
    const upload = await fileOf(context, query)
    const row = await storeUpload(openDatabase(context.env.DB), tenantId, query, upload, Date.now())
    return context.json(datasetView(row), 201, { location: `/v1/datasets/${row.id}` })
  })

  api.openapi(list, async (context) => {
    const { tenantId } = requireIdentity(context)
    const page = await listDatasets(openDatabase(context.env.DB), tenantId, context.req.valid('query'))
    return context.json({ items: page.items.map(datasetView), next: page.next }, 200)
  })

  api.openapi(show, async (context) => {
    const { row } = await ownDataset(context, context.req.valid('param').datasetId)
    return context.json(datasetView(row), 200)
  })

  api.openapi(listItems, async (context) => {
    const { db, row } = await ownDataset(context, context.req.valid('param').datasetId)
    const { cursor, limit } = context.req.valid('query')
    if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) {
      throw new CursorError('the cursor is none that a page gave out; start again without it')
    }
    const found = await pageItems(db, row.id, Number(cursor ?? 0), limit + 1)
    const items = found.slice(0, limit).map(({ index, itemId, body }) => ({ index, itemId, item: JSON.parse(body) }))
    const following = found[limit]
    return context.json({ items, next: following ? String(following.index) : null }, 200)
  })

  api.openapi(remove, async (context) => {
    const { db, row } = await ownDataset(context, context.req.valid('param').datasetId)
    const runId = await openRunOfDataset(db, row.tenantId, row.id)
    if (runId !== null) {
      throw new ProblemError('conflict', `The run ${runId} still works through it; wait for its end, or cancel it.`)
    }
    await deleteDataset(db, row.tenantId, row.id, Date.now())
    return context.body(null, 204)
  })
}
