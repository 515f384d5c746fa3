import { Scalar } from '@scalar/hono-api-reference'
import { runFinishedEvent } from '../../schema/hook.ts'
import type { Api } from './environment.ts'
import { version } from './version.ts'

/** What stands above the paths of the OpenAPI document. */
export const documentHead: Parameters<Api['getOpenAPI31Document']>[0] = {
  openapi: '3.1.0',
  info: {
    title: 'Assay',
    version,
    license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    description:
      'Measures whether a language model can be relied on. Errors are problem details (RFC 9457); lists are pages with `next`; ids sort by time.',
  },
  security: [{ bearer: [] }, { session: [] }],
  tags: [
    { name: 'Keys', description: 'API keys of a tenant' },
    { name: 'Targets', description: 'A model on an inference server, and what it was found able to do' },
    { name: 'Benchmarks', description: 'The catalogue' },
    { name: 'Datasets', description: 'Items of your own' },
    { name: 'Runs', description: 'A target measured by benchmarks' },
    { name: 'Leaderboard', description: 'Models by benchmarks' },
    { name: 'Hooks', description: 'Webhooks in and out' },
    { name: 'Health', description: 'Whether the service answers' },
  ],
}

/** Registers how callers identify themselves; the document refers to it. */
export function registerSecurity(api: Api): void {
  api.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `ask_…`',
  })
  api.openAPIRegistry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'assay_session',
    description: 'The cookie that the login page sets; for reading, and for changes from our own pages',
  })
}

/** What we send to outbound hooks. */
function registerWebhook(api: Api): void {
  api.openAPIRegistry.registerWebhook({
    method: 'post',
    path: 'run.finished',
    summary: 'A run ended, in whatever state',
    description:
      'Sent to every outbound hook, signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Any 2xx takes it; 410 disables the hook; else it is sent again, ten times over three days. Redirects are not followed.',
    tags: ['Hooks'],
    security: [],
    request: { body: { content: { 'application/json': { schema: runFinishedEvent } } } },
    responses: { 204: { description: 'Taken' } },
  })
}

/** `/openapi.json` and the reference at `/docs`, whose script the Worker serves itself. */
export function addDocuments(api: Api): void {
  registerSecurity(api)
  registerWebhook(api)
  api.doc31('/openapi.json', documentHead)
  api.get(
    '/docs',
    Scalar({
      url: '/openapi.json',
      cdn: '/assets/scalar.js',
      pageTitle: 'Assay API',
      withDefaultFonts: false,
      telemetry: false,
      agent: { disabled: true },
    }),
  )
  api.get('/assets/*', (context) => context.env.ASSETS.fetch(context.req.raw as never) as unknown as Response)
}
