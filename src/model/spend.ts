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
  /** Micro-USD that was settled, each answer at its own target's price. */
  readonly money: number
  /** The same budget for another target, whose answers have this price. Raises like `createSpend`. */
  at(price: Price | null): Spend
}

export const noCost: Readonly<Cost> = { calls: 0, promptTokens: 0, completionTokens: 0 }

/** Micro-USD of a cost, rounded up; null where the price is unknown. */
export const microUsd = (cost: Cost, price: Price | null): number | null =>
  price === null
    ? null
    : Math.ceil((cost.promptTokens * price.prompt + cost.completionTokens * price.completion) / 1_000_000)

const exactMicroUsd = (cost: Cost, price: Price | null) =>
  price === null ? 0 : (cost.promptTokens * price.prompt + cost.completionTokens * price.completion) / 1_000_000

/**
 * A budget's guard, beginning at `already` (what other workers and earlier shards have spent, and its money where that
 * is known). Raises where money is capped and the price is unknown: no cap could ever fire.
 */
export function createSpend(
  budget: Budget,
  price: Price | null,
  already: Cost & { microUsd?: number | null } = noCost,
): Spend {
  const { calls, promptTokens, completionTokens } = already
  const spent: Cost = { calls, promptTokens, completionTokens }
  const reserved = { ...noCost }
  const money = { spent: already.microUsd ?? exactMicroUsd(already, price), reserved: 0 }
  let outstanding = 0
  const refuse = (unit: string, cap: number) => {
    throw new ModelError('budget', `The budget of ${cap} ${unit} is used up.`)
  }
  const at = (price: Price | null): Spend => {
    if (budget.microUsd !== undefined && price === null)
      throw new ModelError('budget', 'A budget in money needs prices on the target.')
    return {
      reserve(estimate) {
        const tokens = estimate.promptTokens + estimate.completionTokens
        if (budget.calls !== undefined && spent.calls + reserved.calls + estimate.calls > budget.calls)
          refuse('calls', budget.calls)
        const known = spent.promptTokens + spent.completionTokens + reserved.promptTokens + reserved.completionTokens
        if (budget.tokens !== undefined && known + tokens > budget.tokens) refuse('tokens', budget.tokens)
        const cost = exactMicroUsd(estimate, price)
        if (budget.microUsd !== undefined && money.spent + money.reserved + cost > budget.microUsd)
          refuse('micro-USD', budget.microUsd)
        reserved.calls += estimate.calls
        reserved.promptTokens += estimate.promptTokens
        reserved.completionTokens += estimate.completionTokens
        money.reserved += cost
        outstanding++
      },
      settle(estimate, actual) {
        reserved.calls -= estimate.calls
        reserved.promptTokens -= estimate.promptTokens
        reserved.completionTokens -= estimate.completionTokens
        outstanding--
        // Sums of fractions drift: with nothing reserved, nothing is.
        money.reserved = outstanding === 0 ? 0 : money.reserved - exactMicroUsd(estimate, price)
        spent.calls += actual.calls
        spent.promptTokens += actual.promptTokens
        spent.completionTokens += actual.completionTokens
        money.spent += exactMicroUsd(actual, price)
      },
      get outstanding() {
        return outstanding
      },
      spent,
      get money() {
        return money.spent
      },
      at,
    }
  }
  return at(price)
}
