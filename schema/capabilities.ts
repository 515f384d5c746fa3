import { z } from 'zod'

/** What a target can be asked for: sampled text, log-probabilities of generated tokens, of given tokens, and full-vocabulary quantities. */
export const capabilityNames = ['text', 'logprobs', 'prompt_logprobs', 'full'] as const
export const capabilityName = z.enum(capabilityNames).meta({ id: 'CapabilityName' })
export type CapabilityName = z.infer<typeof capabilityName>

/** The inference servers whose wire format Assay speaks. */
export const dialectNames = ['openai', 'vllm', 'assay', 'llama.cpp', 'ollama', 'workers-ai'] as const
export const dialectName = z.enum(dialectNames).meta({ id: 'DialectName' })
export type DialectName = z.infer<typeof dialectName>

/** What the probe found by asking, and what it rests on. Stored with the target. */
export const capabilities = z
  .object({
    text: z.boolean(),
    logprobs: z.boolean(),
    prompt_logprobs: z.boolean(),
    full: z.boolean(),
    chat: z.boolean(),
    completions: z.boolean(),
    /** Completions take a list of prompts in one request. */
    promptLists: z.boolean(),
    /** One request may ask for several samples. */
    multipleSamples: z.boolean(),
    seed: z.boolean(),
    embeddings: z.boolean(),
    entailment: z.boolean(),
    tokenize: z.boolean(),
    /** Passes with dropout over given text; absent where they were never asked for. */
    dropout: z.boolean().optional(),
    /** A chat's reply may be opened with given text; absent where the dialect alone decides. */
    answerPrefix: z.boolean().optional(),
    /** Most alternatives per generated token; 0 where there are none. */
    topLogprobs: z.number().int().min(0),
    /** Tokens of context, where the server tells. */
    contextLength: z.number().int().positive().nullable(),
    /** How log-probabilities of given text are had. */
    promptLogprobsBy: z.enum(['score', 'echo', 'prompt_logprobs']).nullable(),
    /** A server's own statement that an answer does not depend on its batch. */
    batchInvariant: z.boolean().nullable(),
    /** Why a capability is missing, by its name. */
    missing: z.record(z.string(), z.string()),
    /** Hash of all that the server said of itself: model name, version, the probe's answers. */
    fingerprint: z.string(),
  })
  .meta({ id: 'Capabilities' })
export type Capabilities = z.infer<typeof capabilities>
