import type { Budget, Price } from '../../schema/states.ts'
import { ModelError } from './errors.ts'

/** What answers cost. `calls` counts answers asked, not HTTP requests. */
export interface Cost {
  calls: number
  promptTokens: number
  completionTokens: number
}

/**
 * Guards a budget. Each request reserves its most before it leaves and settles what it took, so parallel items
 * never pass the cap by more than what was underestimated of the requests in flight.
 */
export interface Spend {
  /** Raises ModelError('budget') when spent + reserved + estimate would pass the cap. */
  reserve(estimate: Cost): void
  /** Ends a reservation. `actual` counts even above the estimate. */
  settle(estimate: Cost, actual: Cost): void
  /** Reservations not settled yet: while there are some, a refused reserve may fit later. */
  readonly outstanding: number
  /** All that was settled. */
  readonly spent: Readonly<Cost>
}

export const noCost: Readonly<Cost> = { calls: 0, promptTokens: 0, completionTokens: 0 }

/** Micro-USD of a cost, rounded up; null where the price is unknown. */
export const microUsd = (cost: Cost, price: Price | null): number | null =>
  price === null
    ? null
    : Math.ceil((cost.promptTokens * price.prompt + cost.completionTokens * price.completion) / 1_000_000)

const exactMicroUsd = (cost: Cost, price: Price) =>
  (cost.promptTokens * price.prompt + cost.completionTokens * price.completion) / 1_000_000

/**
 * A budget's guard, beginning at `already` (what other workers and earlier shards have spent).
 * Raises where money is capped and the price is unknown: no cap could ever fire.
 */
export function createSpend(budget: Budget, price: Price | null, already: Cost = noCost): Spend {
  if (budget.microUsd !== undefined && price === null)
    throw new ModelError('budget', 'A budget in money needs prices on the target.')
  const spent = { ...already }
  const reserved = { ...noCost }
  let outstanding = 0
  const refuse = (unit: string, cap: number) => {
    throw new ModelError('budget', `The budget of ${cap} ${unit} is used up.`)
  }
  return {
    reserve(estimate) {
      const total: Cost = {
        calls: spent.calls + reserved.calls + estimate.calls,
        promptTokens: spent.promptTokens + reserved.promptTokens + estimate.promptTokens,
        completionTokens: spent.completionTokens + reserved.completionTokens + estimate.completionTokens,
      }
      if (budget.calls !== undefined && total.calls > budget.calls) refuse('calls', budget.calls)
      if (budget.tokens !== undefined && total.promptTokens + total.completionTokens > budget.tokens)
        refuse('tokens', budget.tokens)
      if (budget.microUsd !== undefined && price !== null && exactMicroUsd(total, price) > budget.microUsd)
        refuse('micro-USD', budget.microUsd)
      reserved.calls += estimate.calls
      reserved.promptTokens += estimate.promptTokens
      reserved.completionTokens += estimate.completionTokens
      outstanding++
    },
    settle(estimate, actual) {
      reserved.calls -= estimate.calls
      reserved.promptTokens -= estimate.promptTokens
      reserved.completionTokens -= estimate.completionTokens
      outstanding--
      spent.calls += actual.calls
      spent.promptTokens += actual.promptTokens
      spent.completionTokens += actual.completionTokens
    },
    get outstanding() {
      return outstanding
    },
    spent,
  }
}
