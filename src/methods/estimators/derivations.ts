import type { Evidence, EvidenceName } from './evidence.ts'
import { entropyOfLogDistribution, vocabularyTermsOf } from './vocabulary-terms.ts'

/** Evidence that follows from other evidence. */
export interface Derivation {
  from: EvidenceName
  derive: (evidence: Evidence) => Evidence[EvidenceName]
}

/** Probabilities below this are raised to it before their logarithm is taken. */
const LEAST_PROBABILITY = 1e-12

/** What can stand in for evidence that was not gathered, without any loss. */
export const DERIVATIONS: Partial<Record<EvidenceName, Derivation>> = {
  greedyEntropies: {
    from: 'fullDistributions',
    derive: ({ fullDistributions }) => fullDistributions.map(entropyOfLogDistribution),
  },
  vocabularyTerms: {
    from: 'fullDistributions',
    derive: ({ fullDistributions }) => fullDistributions.map(vocabularyTermsOf),
  },
  // Logits are log-probabilities but for one constant a pair, and only their differences are used.
  nliLogits: {
    from: 'nli',
    derive: ({ nli }) => {
      const logs = (matrix: Evidence['nli']['entail']) =>
        matrix.map((row) => row.map((p) => Math.log(Math.max(p, LEAST_PROBABILITY))))
      return { entail: logs(nli.entail), contradict: logs(nli.contradict) }
    },
  },
}
