import { z } from 'zod'

/** Query of every list: where to go on, and how many. */
export const pageQuery = z.object({
  cursor: z.string().max(400).optional().meta({ description: '`next` of the page before' }),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export type PageQuery = z.infer<typeof pageQuery>

/** One page of a list. `next` is null on the last page. */
export interface Page<T> {
  items: T[]
  next: string | null
}

/** The shape of a page of `item`, named for the OpenAPI document. */
export const pageOf = <T extends z.ZodType>(item: T, id: string) =>
  z.object({ items: z.array(item), next: z.string().nullable() }).meta({ id })
