/** What an inbound message comes to. Each provider has one file that reads its messages into this. */
export type InboundVerdict =
  /** The signature is missing, wrong or stale: nothing of the message is believed or stored. */
  | { verdict: 'refused'; why: string }
  /** The message cannot be read. */
  | { verdict: 'malformed'; why: string }
  /** Rightly signed, but nothing to do. */
  | { verdict: 'ignored'; event: string; key: string; why: string }
  /** A run is to start, once per `hookKey`. */
  | { verdict: 'start'; event: string; key: string; hookKey: string; deploymentId: string | null; why: string }

/** An inbound message as it came: the raw body, since signatures are over its bytes. */
export interface InboundMessage {
  header: (name: string) => string | undefined
  body: string
}
