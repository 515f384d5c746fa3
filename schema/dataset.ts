import { z } from 'zod'

/** Query of POST /v1/datasets; the file is the body. */
export const datasetQuery = z.object({
  benchmark: z.string().min(1).max(100).meta({ description: 'The benchmark whose items these are' }),
  name: z.string().trim().min(1).max(200),
  importer: z
    .string()
    .max(100)
    .optional()
    .meta({ description: "A file format of the benchmark; left out: JSON lines of the benchmark's own item shape" }),
})
export type DatasetQuery = z.infer<typeof datasetQuery>

export const dataset = z
  .object({
    id: z.string(),
    name: z.string(),
    benchmarkId: z.string(),
    importer: z.string().nullable(),
    itemCount: z.number().int(),
    sha256: z.string().meta({ description: "Over the items' JSON lines, each with its newline" }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Dataset' })
export type Dataset = z.infer<typeof dataset>

/** What an upload may hold. */
export const datasetLimits = {
  bytes: 95 * 1024 * 1024,
  /** A multipart body is read as a whole. */
  multipartBytes: 16 * 1024 * 1024,
  lineBytes: 1024 * 1024,
  items: 100_000,
  problemsShown: 20,
  depth: 32,
} as const

export const datasetItem = z
  .object({ index: z.number().int(), itemId: z.string(), item: z.unknown() })
  .meta({ id: 'DatasetItem' })
export type DatasetItem = z.infer<typeof datasetItem>
