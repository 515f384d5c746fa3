import type { DialectName } from '../../../schema/capabilities.ts'
import { assay } from './assay/assay.ts'
import type { Dialect } from './dialect.ts'
import { llamaCpp } from './llama.cpp/llama.cpp.ts'
import { ollama } from './ollama/ollama.ts'
import { openai } from './openai/openai.ts'
import { vllm } from './vllm/vllm.ts'
import { workersAi } from './workers-ai/workers-ai.ts'

/** Every dialect; a new one is a folder and a line here. */
export const dialects: Readonly<Record<DialectName, Dialect>> = {
  openai,
  vllm,
  assay,
  'llama.cpp': llamaCpp,
  ollama,
  'workers-ai': workersAi,
}

export const findDialect = (name: DialectName): Dialect => dialects[name]
