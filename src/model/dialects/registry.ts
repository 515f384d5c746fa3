import type { DialectName } from '../../../schema/capabilities.ts'
import { assay } from './assay/assay.ts'
import type { Dialect } from './dialect.ts'
import { openai } from './openai/openai.ts'
import { vllm } from './vllm/vllm.ts'

const dialects: Partial<Record<DialectName, Dialect>> = { openai, vllm, assay }

export const findDialect = (name: DialectName): Dialect => dialects[name] ?? openai
