import type { OpenAPIHono } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Bindings, RequestVariables } from '../../schema/bindings.ts'

/** What every handler finds in its context. */
export interface ApiEnvironment {
  Bindings: Bindings
  Variables: RequestVariables
}
export type Api = OpenAPIHono<ApiEnvironment>
export type ApiContext = Context<ApiEnvironment>

/** Security of a route that reads what its owner may have published: somebody unknown may ask, too. */
export const openWhenPublished: Record<string, string[]>[] = [{}, { bearer: [] }, { session: [] }]
