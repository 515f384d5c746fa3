import { z } from 'zod'

/** RFC 9457 problem details: what was wrong, where, and what to do about it. */
export const problem = z
  .object({
    type: z.string().meta({ description: '`urn:assay:problem:` and a stable code to switch on' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().meta({ description: 'What was wrong with this request and the way out' }),
    instance: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) into the request body; empty: the whole' }),
          detail: z.string(),
        }),
      )
      .optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof problem>
export type ProblemEntry = NonNullable<Problem['errors']>[number]
