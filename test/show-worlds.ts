/**
 * Prints built-in data, to look at it: `npm run -s worlds -- facts --size 5 --seed 1`.
 * The same seed prints the same items on every machine.
 */
import { defineCommand, runMain } from 'citty'
import { type Random, randomFrom } from '../src/methods/random.ts'
import { arithmeticQuestions } from '../src/worlds/arithmetic.ts'
import { chanceQuestions } from '../src/worlds/chance.ts'
import { choiceQuestions } from '../src/worlds/choices.ts'
import { continuations } from '../src/worlds/continuations.ts'
import { factQuestions } from '../src/worlds/facts.ts'
import { falsehoodPairs } from '../src/worlds/falsehoods.ts'
import { fictionWorld } from '../src/worlds/fiction.ts'
import { fictionPairs, fictionQuestions } from '../src/worlds/fiction-questions.ts'
import { grammarTexts } from '../src/worlds/grammar-text.ts'
import { membershipQuestions } from '../src/worlds/memberships.ts'
import { proseDocuments } from '../src/worlds/prose.ts'
import { queries } from '../src/worlds/queries.ts'
import { relations } from '../src/worlds/relations.ts'

interface World {
  says: string
  draw: (random: Random, size: number) => readonly object[]
  /** The item in one or few lines. */
  line: (item: never) => string
}

const world = <Item extends object>(
  says: string,
  draw: (random: Random, size: number) => readonly Item[],
  line: (item: Item) => string,
): World => ({ says, draw, line: line as World['line'] })

const worlds: Readonly<Record<string, World>> = {
  facts: world(
    'one-answer questions from the tables of countries and elements',
    (random, size) => factQuestions(random, { size }),
    (item) => `[${item.stratum}] ${item.question}  →  ${item.answers.join(' | ')}`,
  ),
  inverses: world(
    'the same facts asked backwards, where the value has one bearer',
    (random, size) =>
      factQuestions(random, { size, relations: relations.filter((one) => one.inverseOf).map((one) => one.id) }),
    (item) => `[${item.stratum}] ${item.question}  →  ${item.answers.join(' | ')}`,
  ),
  memberships: world(
    'questions with many right answers, all of them known',
    (random, size) => membershipQuestions(random, { size }),
    (item) => `${item.question}  →  ${item.members.length}: ${item.members.map((names) => names[0]).join(', ')}`,
  ),
  arithmetic: world(
    'sums and chains of operations with exact results',
    (random, size) => arithmeticQuestions(random, { size, operations: [1, 2, 3] }),
    (item) => `[level ${item.level}] ${item.question}  →  ${item.answer}`,
  ),
  choices: world(
    'multiple-choice items from facts and sums, positions balanced',
    (random, size) => choiceQuestions(random, { size }),
    (item) =>
      `${item.question}\n${item.options.map((option, place) => `   ${place === item.answerIndex ? '*' : ' '} ${option}`).join('\n')}`,
  ),
  passages: world(
    'passages about invented people, towns, firms and species',
    (random, size) => {
      const { passages } = fictionWorld(random, { size: Math.max(1000, size) })
      const step = Math.floor(passages.length / size)
      return passages.filter((_, place) => place % step === 0).slice(0, size)
    },
    (item) => `${item.title}\n   ${item.text}`,
  ),
  fiction: world(
    'questions over an invented world, one to three hops',
    (random, size) => fictionQuestions(random, fictionWorld(random), { size, hops: [1, 2, 3] }),
    (item) => `[${item.hops}] ${item.question}  →  ${item.answers.join(' | ')}   (${item.goldPassages.join(', ')})`,
  ),
  pairs: world(
    'invented one-to-one facts asked from both sides',
    (random, size) => fictionPairs(random, fictionWorld(random), { size }),
    ({ forward, backward }) =>
      `${forward.question}  →  ${forward.answers.join(' | ')}\n   ${backward.question}  →  ${backward.answers.join(' | ')}`,
  ),
  falsehoods: world(
    'unanswerable questions, each with an answerable twin',
    (random, size) => falsehoodPairs(random, { size }),
    (item) => `[${item.kind}] ${item.unanswerable}\n   twin: ${item.answerable}  →  ${item.answers.join(' | ')}`,
  ),
  chance: world(
    'random experiments with known odds',
    (random, size) => chanceQuestions(random, { size }),
    (item) =>
      `${item.description} ${item.question}\n   ${item.outcomes.map((one, place) => `${one} ${item.pstar[place]?.toFixed(4)}`).join(', ')}`,
  ),
  continuations: world(
    'paragraphs with a true and three false last sentences',
    (random, size) => continuations(random, { size }),
    (item) =>
      `[${item.source}, ${item.errorType}] ${item.prefix}\n   * ${item.completion}\n${item.contradictions.map((one) => `     ${one}`).join('\n')}`,
  ),
  queries: world(
    'questions as users put them, a quarter badly worded',
    (random, size) => queries(random, { size }),
    (item) => `[${item.scenario}${item.bad ? `, ${item.bad}` : ''}] ${item.query}  →  ${item.answers.join(' | ')}`,
  ),
  prose: world(
    'documents of the prose bank',
    (random, size) => proseDocuments(random, { size }),
    (item) => `[${item.domain}, ${item.language}, ${item.licence}] ${item.title}\n${item.text.replace(/^/gm, '   ')}`,
  ),
  grammar: world(
    'held-out texts with a known entropy rate',
    (random, size) => grammarTexts(random, { size }),
    (item) => `[${item.entropyRate.toFixed(4)} bits a character] ${item.text}`,
  ),
}

const main = defineCommand({
  meta: { name: 'worlds', description: `Prints built-in data: ${Object.keys(worlds).join(', ')}, or "list".` },
  args: {
    world: { type: 'positional', default: 'list', description: 'which kind of data' },
    size: { type: 'string', default: '10', description: 'how many items' },
    seed: { type: 'string', default: '1', description: 'the seed' },
    json: { type: 'boolean', default: false, description: 'print whole items as a JSON list' },
  },
  run({ args }) {
    if (args.world === 'list') {
      const rows = Object.entries(worlds).map(([name, { says }]) => ({ name, says }))
      console.log(
        args.json ? JSON.stringify(rows) : rows.map(({ name, says }) => `${name.padEnd(14)} ${says}`).join('\n'),
      )
      return
    }
    const chosen = Object.hasOwn(worlds, args.world) ? worlds[args.world] : undefined
    const size = Number(args.size)
    if (chosen === undefined || !Number.isInteger(size) || size < 1) {
      console.error(
        chosen
          ? `--size must be a whole number above zero, not ${args.size}`
          : `no world is called ${args.world}; try "list"`,
      )
      process.exitCode = 2
      return
    }
    let items: readonly object[]
    try {
      items = chosen.draw(randomFrom(args.seed), size)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      console.error(error.message)
      process.exitCode = 2
      return
    }
    console.log(args.json ? JSON.stringify(items, null, 2) : items.map((item) => chosen.line(item as never)).join('\n'))
  },
})

await runMain(main)
