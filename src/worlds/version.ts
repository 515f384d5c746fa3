/**
 * The version of all generators and tables here. Built-in data is a pure function of (this version, seed, index): raise it
 * whenever a template, a table or a draw changes, so that old items are never mistaken for new ones.
 */
export const WORLD_VERSION = 1

/** How well known a subject is, by a fixed popularity rank. */
export type Stratum = 'head' | 'torso' | 'tail'

export const STRATA: readonly Stratum[] = ['head', 'torso', 'tail']
