import type { Bindings, QueueMessage } from '../../schema/bindings.ts'

/** Takes a batch of wake-ups. */
export async function handleQueue(_batch: MessageBatch<QueueMessage>, _env: Bindings): Promise<void> {}

/** Sends wake-ups again for work whose lease ran out. */
export async function handleSchedule(_env: Bindings, _now: number): Promise<void> {}
