import type { Bindings, QueueMessage } from '../schema/bindings.ts'
import { createApi } from './api/app.ts'
import { createPages, missingPage } from './pages/app.tsx'
import type { PageContext } from './pages/context.ts'
import { itemEvidence } from './runs/evidence.ts'
import { wakeStalled } from './runs/wake.ts'
import { handleQueue, handleSchedule } from './runs/work.ts'

const app = createApi((context) => missingPage(context as unknown as PageContext))
app.route('/', createPages({ wake: wakeStalled, itemEvidence }))

export default {
  fetch: app.fetch,
  queue: (batch, env) => handleQueue(batch, env),
  scheduled: (controller, env) => handleSchedule(env, controller.scheduledTime),
} satisfies ExportedHandler<Bindings, QueueMessage>
