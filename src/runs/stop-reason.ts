import type { Budget, StopReason } from '../../schema/states.ts'
import type { ModelError } from '../model/errors.ts'
import type { Cost, Spend } from '../model/spend.ts'
import type { RunRow } from '../store/runs.ts'

/** Which limit or fault an error that ends the run stands for. */
export function stopReasonOf(error: ModelError, run: RunRow, { spent, money }: Spend): StopReason {
  if (error.kind === 'unauthorized') return 'target_unauthorized'
  if (error.kind === 'model_not_found') return 'model_not_found'
  return budgetReason(run.budget, spent, money)
}

/** The limit of a budget that is nearest to being used up. */
function budgetReason(budget: Budget, spent: Readonly<Cost>, money: number): StopReason {
  const share = (used: number, most: number | undefined) => (most === undefined ? -1 : used / most)
  const shares: [StopReason, number][] = [
    ['budget_calls', share(spent.calls, budget.calls)],
    ['budget_tokens', share(spent.promptTokens + spent.completionTokens, budget.tokens)],
    ['budget_money', share(money, budget.microUsd)],
  ]
  return shares.reduce((most, next) => (next[1] > most[1] ? next : most))[0]
}
