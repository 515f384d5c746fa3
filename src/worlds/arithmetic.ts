import type { Random } from '../methods/random.ts'
import { WORLD_VERSION } from './version.ts'
import { fill } from './wording.ts'

export type Operator = '+' | '-' | '*'

export interface ArithmeticQuestion {
  id: string
  operands: number[]
  operators: Operator[]
  /** "12 + 5 * 3", read with the usual precedence. */
  expression: string
  question: string
  /** "12 + 5 * 3 =". */
  cloze: string
  answer: number
  answers: string[]
  /** Digits of the longest operand. */
  digits: number
  /** digits + number of operations. */
  level: number
  template: number
  cluster: string
}

export interface ArithmeticOptions {
  size: number
  /** Digits of the operands, each 1–5. Default 1, 2, 3 in turn. */
  digits?: readonly number[]
  /** Operations in a chain, each 1–4. Default 1. */
  operations?: readonly number[]
  /** Default +, -, *. Multiplication is kept to operands of at most three digits. */
  operators?: readonly Operator[]
}

const templates = [
  'What is {expression}?',
  'Calculate {expression}.',
  'How much is {expression}?',
  'What does {expression} equal?',
  'Work out {expression}.',
  'Give the result of {expression}.',
  'What is the value of {expression}?',
  'Compute {expression}.',
]

/** The value of a chain with the usual precedence (products first). Exact for the sizes used here. */
export function chainValue(operands: readonly number[], operators: readonly Operator[]): number {
  let total = 0
  let term = operands[0] as number
  let sign = 1
  for (const [place, operator] of operators.entries()) {
    const next = operands[place + 1] as number
    if (operator === '*') term *= next
    else {
      total += sign * term
      sign = operator === '+' ? 1 : -1
      term = next
    }
  }
  return total + sign * term
}

function ofDigits(random: Random, digits: number): number {
  return random.integer(digits === 1 ? 2 : 10 ** (digits - 1), 10 ** digits - 1)
}

/** One chain, never below zero and (through products) at most 15 digits, so that doubles hold it exactly. */
function chain(random: Random, digits: number, operations: number, allowed: readonly Operator[]) {
  for (;;) {
    const operands = Array.from({ length: operations + 1 }, () => ofDigits(random, digits))
    const operators = Array.from({ length: operations }, () => random.pick(allowed))
    const answer = chainValue(operands, operators)
    if (answer >= 0 && answer < 1e15) return { operands, operators, answer }
  }
}

/**
 * Sums, differences, products and chains of them with exact whole results of zero or more. Digits and operations take turns.
 * Raises on digits outside 1–5, operations outside 1–4, or more items than the smallest level has.
 */
export function arithmeticQuestions(random: Random, options: ArithmeticOptions): ArithmeticQuestion[] {
  const { size, digits = [1, 2, 3], operations = [1], operators = ['+', '-', '*'] } = options
  const wrong = digits.some((one) => one < 1 || one > 5) || operations.some((one) => one < 1 || one > 4)
  if (wrong || !digits.length || !operations.length || !operators.length) {
    throw new RangeError('arithmeticQuestions: digits must be 1–5, operations 1–4, and no list empty')
  }
  const source = random.fork(`arithmetic/${WORLD_VERSION}`)
  const seen = new Set<string>()
  return Array.from({ length: size }, (_, index) => {
    const digit = digits[index % digits.length] as number
    const operation = operations[Math.floor(index / digits.length) % operations.length] as number
    const plain = operators.filter((one) => one !== '*')
    const allowed = digit > 3 && plain.length > 0 ? plain : operators
    const own = source.fork(index)
    for (let attempt = 0; attempt < 1000; attempt++) {
      const { operands, operators: chosen, answer } = chain(own, digit, operation, allowed)
      const expression = operands
        .map((operand, place) => (place === 0 ? operand : `${chosen[place - 1]} ${operand}`))
        .join(' ')
      if (seen.has(expression)) continue
      seen.add(expression)
      const template = own.integer(0, templates.length - 1)
      const id = `arithmetic/${expression.replaceAll(' ', '')}`
      return {
        id,
        operands,
        operators: chosen,
        expression,
        question: fill(templates[template] as string, { expression }),
        cloze: `${expression} =`,
        answer,
        answers: [String(answer)],
        digits: digit,
        level: digit + operation,
        template,
        cluster: id,
      }
    }
    throw new RangeError(
      `arithmeticQuestions: fewer than ${size} different items of ${digit} digits and ${operation} operations`,
    )
  })
}
