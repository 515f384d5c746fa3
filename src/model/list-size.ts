import { slowListMs } from './retry.ts'

/** How long an answer to a list should take, milliseconds: long enough to fill a server, short enough to lose little. */
export const aimMs = 4000

/** A list that came back. */
export interface ReturnedList {
  /** What it weighed: samples, texts, passes. */
  weight: number
  sentAt: number
}

/**
 * How much one request may carry, by kind of question: found from the server's answer times, by additive increase and
 * multiplicative decrease. Where a smaller list takes as long as the larger one did, the time was not the list's doing
 * (one long reply takes what it takes): the larger size comes back, and that time counts as what the kind needs.
 */
export interface ListSizes {
  of(kind: string): number
  /** A list was answered, or its time ran out, at `now`. */
  returned(kind: string, list: ReturnedList, now: number): void
}

interface State {
  size: number
  aim: number
  /** The last cut: when, and what the list before it weighed and took. */
  cut: { at: number; weight: number; took: number } | null
}

/** Sizes that begin, and end, at `most`. */
export function createListSizes(most: number): ListSizes {
  const states = new Map<string, State>()
  const stateOf = (kind: string): State => {
    let state = states.get(kind)
    if (state === undefined) {
      state = { size: most, aim: aimMs, cut: null }
      states.set(kind, state)
    }
    return state
  }
  return {
    of: (kind) => states.get(kind)?.size ?? most,
    returned(kind, { weight, sentAt }, now) {
      const took = now - sentAt
      if (took <= aimMs / 2 && !states.has(kind)) return
      const state = stateOf(kind)
      const { cut } = state
      if (cut !== null && sentAt >= cut.at && weight > 1 && weight <= cut.weight / 2) {
        state.cut = null
        if (took > cut.took * 0.75 && took < slowListMs) {
          state.size = Math.max(state.size, cut.weight)
          state.aim = Math.max(state.aim, took * 1.5)
          return
        }
      }
      if (took > state.aim && weight > 1) {
        const fitting = Math.floor((weight * state.aim) / took)
        const size = Math.max(1, Math.ceil(weight / 4), Math.min(fitting, Math.floor(weight / 2)))
        if (size >= state.size) return
        state.size = size
        state.cut = { at: now, weight, took }
      } else if (took < state.aim / 2 && weight >= state.size && state.size < most) {
        state.size = Math.min(most, state.size + Math.max(1, Math.ceil(most / 8)))
      }
    },
  }
}
