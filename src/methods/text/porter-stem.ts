import { stemmer } from 'stemmer'

/** Porter's stem of a lower-case word. M. F. Porter, An algorithm for suffix stripping, Program 14 (1980). */
export const porterStem = (word: string): string => stemmer(word)
