import type { Random } from '../methods/random.ts'
import { type FictionWorld, fictionWorld } from './fiction.ts'
import { fictionQuestions } from './fiction-questions.ts'
import { nameSource } from './names.ts'
import { WORLD_VERSION } from './version.ts'

/** A multiple-choice question that nobody can answer from knowledge: its subject is invented, or it means nothing. */
export interface ForeignChoice {
  id: string
  kind: 'fiction' | 'nonsense'
  question: string
  options: string[]
  cluster: string
}

/** Candidates of which the one of the most fitting length is taken. */
const CANDIDATES = 3
const WORLD_SIZE = 200

const openings = [
  'What is the {a} of {b}?',
  'Which {a} does {b} have?',
  'What {a} comes from {b}?',
  'Who or what is the {a} of {b}?',
]

function nonsense(random: Random, length: number, optionCount: number): Pick<ForeignChoice, 'question' | 'options'> {
  const names = nameSource(random.fork('names'))
  const word = () => names.word().toLowerCase()
  let question = random.pick(openings).replace('{a}', word()).replace('{b}', word())
  // Lengths would tell these from real questions, so words are added up to that of one.
  while (question.length + 6 < length) question = question.replace('?', ` ${word()}?`)
  return { question, options: Array.from({ length: optionCount }, word) }
}

/** Values of the same attribute of other entities, none twice, the right one not among them. */
function otherValues(random: Random, world: FictionWorld, attribute: string, right: string, count: number): string[] {
  const values = world.passages.flatMap(({ sentences }) =>
    sentences.filter((sentence) => sentence.attribute === attribute).map(({ value }) => value),
  )
  return random.sample(
    [...new Set(values)].filter((value) => value !== right),
    count,
  )
}

/**
 * Questions outside all knowledge, by turns about an invented world and without meaning, with options of their own kind.
 * `lengths` are those of known questions: lengths that differ would be detected instead of foreignness.
 */
export function foreignChoices(
  random: Random,
  { size, lengths, optionCount = 4 }: { size: number; lengths: readonly number[]; optionCount?: number },
): ForeignChoice[] {
  const source = random.fork(`foreign/${WORLD_VERSION}`)
  const world = fictionWorld(source, { size: WORLD_SIZE })
  const invented = fictionQuestions(source, world, { size: CANDIDATES * Math.ceil(size / 2), backward: false })
  return Array.from({ length: size }, (_, index) => {
    const own = source.fork(index)
    const wanted = lengths.length === 0 ? 50 : (lengths[index % lengths.length] as number)
    if (index % 2 === 1) {
      const id = `foreign/nonsense/${index}`
      return { id, kind: 'nonsense', ...nonsense(own, wanted, optionCount), cluster: id }
    }
    const from = (CANDIDATES * index) / 2
    const [best] = invented
      .slice(from, from + CANDIDATES)
      .sort((a, b) => Math.abs(a.question.length - wanted) - Math.abs(b.question.length - wanted))
    if (!best) throw new RangeError('foreignChoices: the invented world has too few questions')
    const right = best.answers[0] as string
    const others = otherValues(own, world, best.path[0]?.attribute ?? '', right, optionCount - 1)
    const names = nameSource(own.fork('options'))
    const filled = Array.from({ length: optionCount - 1 }, (_, place) => others[place] ?? names.word())
    const id = `foreign/${best.id}`
    return { id, kind: 'fiction', question: best.question, options: own.shuffle([right, ...filled]), cluster: id }
  })
}
