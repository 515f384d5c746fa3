import { z } from 'zod'

/** GET …/items/{index}/evidence: what a model was asked about one item and what it answered, in order. */
export const itemExchanges = z
  .object({
    benchmarkId: z.string(),
    index: z.number().int(),
    exchanges: z.array(z.object({ role: z.string().nullable(), asked: z.unknown(), answered: z.unknown() })),
  })
  .meta({ id: 'ItemEvidence' })
export type ItemExchanges = z.infer<typeof itemExchanges>
