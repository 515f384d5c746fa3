import { z } from 'zod'

export const keyRequest = z
  .object({
    name: z.string().trim().min(1).max(100).default('default'),
    tenant: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Name of the new tenant; only with the bootstrap secret' }),
  })
  .strict()
  .meta({ id: 'KeyRequest' })
export type KeyRequest = z.input<typeof keyRequest>

/** A key as lists show it: never the key itself. */
export const apiKey = z
  .object({
    id: z.string(),
    tenantId: z.string(),
    name: z.string(),
    prefix: z.string().meta({ description: 'First characters, to tell keys apart' }),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
    revokedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' })
export type ApiKey = z.infer<typeof apiKey>

/** The one answer that holds the key. */
export const createdKey = apiKey
  .extend({ key: z.string().meta({ description: 'Shown once and never stored: keep it now' }) })
  .meta({ id: 'CreatedKey' })
export type CreatedKey = z.infer<typeof createdKey>
