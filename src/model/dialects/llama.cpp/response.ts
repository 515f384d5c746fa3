import type { Decoded, Piece, WireContext } from '../dialect.ts'
import { decode as decodeOpenai } from '../openai/response.ts'

/** llama.cpp answers in OpenAI's shapes: both paths give `logprobs.content`, pieces that are half a character as bytes. */
export const decode = (pieces: Piece[], body: unknown, context: WireContext): Decoded =>
  decodeOpenai(pieces, body, context)
