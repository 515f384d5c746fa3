import type { z } from 'zod'
import type { Family, Source } from '../../schema/benchmark.ts'
import type { Capabilities, CapabilityName } from '../../schema/capabilities.ts'
import type { BenchmarkReport } from '../../schema/report.ts'
import type { Random } from '../methods/random.ts'
import type { Model, Passage, Retriever } from '../model/model.ts'

/** What every item carries beside its own fields. */
export interface ItemBase {
  id: string
  /** Items made from one template, document or twin pair share a cluster. */
  cluster?: string | undefined
}

/** What became of one item. An item that raises becomes an `error` row with the error's kind as reason. */
export interface Outcome<Detail> {
  status: 'scored' | 'refused' | 'skipped'
  /** The item's one number for lists and exports, or null. */
  score: number | null
  reason?: string
  detail: Detail
}

/** A stored row, as `report` gets it: sorted by index. `detail` is null for error rows. */
export interface Row<Detail> {
  index: number
  itemId: string
  cluster: string | null
  status: 'scored' | 'refused' | 'error' | 'skipped'
  score: number | null
  reason: string | null
  detail: Detail | null
}

export interface EvaluateContext<Item, Params> {
  item: Item
  /** The target, bound to this item: seeds of samples follow from the run's seed, the item's id and the request. */
  target: Model
  /** Other targets by role ('judge', ...), and the built-in retriever over `corpus` where the benchmark has one. */
  roles: Record<string, Model>
  retriever: Retriever | null
  params: Params
  /** Seeded by the run's seed, benchmark and item id. */
  random: Random
}

export interface ReportContext<Params> {
  params: Params
  /** The run's seed: folds and bootstraps follow from it. */
  seed: number
  capabilities: Capabilities
}

export interface Sizes {
  smoke: number
  demo: number
  full: number
}

/** One benchmark: what it asks, of whom, how an item is evaluated, and how rows become a report. */
export interface Benchmark<Item extends ItemBase = ItemBase, Params = unknown, Detail = unknown> {
  id: string
  family: Family
  /** Raised whenever a prompt, a scorer or the built-in data changes. */
  version: number
  title: string
  question: string
  formula: string
  source: Source
  needs: CapabilityName[]
  wants?: CapabilityName[]
  /** Other targets that add to it ('baseline', 'judge'); where one is not given, the target stands in or its metrics are null. */
  /** Other targets that it can use by name; where one is not bound, the benchmark does without or takes the target itself. */
  roles?: string[]
  params: z.ZodType<Params>
  item: z.ZodType<Item>
  row: z.ZodType<Detail>
  sizes: Sizes
  /** Questions to the target per item, for cost and time estimates. */
  callsPerItem: (params: Params, capabilities: Capabilities | null) => { typical: number; most: number }
  /** `size` items from a seed. Pure. */
  builtin?: (random: Random, size: number, params: Params) => Item[]
  /** The built-in retriever's passages. Pure. */
  corpus?: (random: Random, size: number, params: Params) => Passage[]
  /** Names of file formats that POST /v1/datasets turns into items of this benchmark. */
  importers?: Record<string, Importer<Item>>
  evaluate: (context: EvaluateContext<Item, Params>) => Promise<Outcome<Detail>>
  report: (rows: Row<Detail>[], context: ReportContext<Params>) => BenchmarkReport
}

/** Turns one record of a foreign file (already parsed: a CSV row as an object, a JSON line) into an item; raises with what is missing. */
export interface Importer<Item> {
  format: 'csv' | 'tsv' | 'jsonl' | 'json'
  title: string
  /** Columns or fields that must be there. */
  required: string[]
  toItem: (record: Record<string, unknown>, index: number) => Item
}

/** A benchmark whose own types have been forgotten, as the catalogue lists it. */
// biome-ignore lint/suspicious/noExplicitAny: the catalogue holds benchmarks of different item and row types
export type AnyBenchmark = Benchmark<any, any, any>

/** States a benchmark; the types of params, item and row follow from its zod shapes. */
export function defineBenchmark<Item extends ItemBase, Params, Detail>(
  benchmark: Benchmark<Item, Params, Detail>,
): Benchmark<Item, Params, Detail> {
  return benchmark
}
