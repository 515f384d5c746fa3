import type { Importer } from '../define.ts'
import { numberField, optionalText } from '../importing.ts'
import type { RiskItem } from './risk-scores.ts'

/** Persons of the American Community Survey (public use microdata) as risk items: columns and codes put into words. */

type Coded = Record<string, string>

const table = (first: number, words: readonly string[]): Coded =>
  Object.fromEntries(words.map((word, place) => [String(first + place), word]))

const SCHOOLING = table(1, [
  'no schooling completed',
  'nursery school or preschool',
  'kindergarten',
  ...Array.from({ length: 11 }, (_, grade) => `grade ${grade + 1}`),
  'grade 12 without a diploma',
  'a regular high school diploma',
  'a GED or alternative credential',
  'some college, less than one year',
  'some college, one or more years, no degree',
  "an associate's degree",
  "a bachelor's degree",
  "a master's degree",
  'a professional degree beyond a bachelor’s degree',
  'a doctorate degree',
])

const OCCUPATIONS: readonly (readonly [last: number, words: string])[] = [
  [440, 'management'],
  [750, 'business operations'],
  [960, 'finance'],
  [1240, 'computing and mathematics'],
  [1560, 'architecture and engineering'],
  [1980, 'life, physical and social science'],
  [2060, 'community and social service'],
  [2180, 'law'],
  [2555, 'education, training and library work'],
  [2920, 'arts, design, entertainment, sports and media'],
  [3550, 'health care practice'],
  [3655, 'health care support'],
  [3960, 'protective service'],
  [4160, 'food preparation and serving'],
  [4255, 'cleaning and maintenance of buildings and grounds'],
  [4655, 'personal care and service'],
  [4965, 'sales'],
  [5940, 'office and administrative support'],
  [6130, 'farming, fishing and forestry'],
  [6765, 'construction'],
  [6940, 'extraction'],
  [7640, 'installation, maintenance and repair'],
  [8990, 'production'],
  [9760, 'transport and moving of material'],
  [9830, 'the armed forces'],
  [9920, 'unemployed, without a recent occupation'],
]

const BIRTHPLACES: readonly (readonly [last: number, words: string])[] = [
  [56, 'in the United States'],
  [99, 'in a territory of the United States'],
  [169, 'in Europe'],
  [299, 'in Asia'],
  [399, 'in Latin America, the Caribbean or northern America'],
  [499, 'in Africa'],
  [554, 'in Oceania or at sea'],
]

const ranged = (ranges: readonly (readonly [number, string])[]) => (value: string) =>
  ranges.find(([last]) => Number(value) <= last)?.[1]

const coded = (codes: Coded) => (value: string) => codes[String(Number(value))]

/** Columns in the order in which they are told. */
const COLUMNS: readonly { column: string; key: string; words: (value: string) => string | undefined }[] = [
  { column: 'AGEP', key: 'age', words: (value) => `${Number(value)} years` },
  {
    column: 'COW',
    key: 'class of worker',
    words: coded(
      table(1, [
        'employee of a private for-profit company',
        'employee of a private not-for-profit organisation',
        'local government employee',
        'state government employee',
        'federal government employee',
        'self-employed in an own business that is not incorporated',
        'self-employed in an own incorporated business',
        'working without pay in a family business or farm',
        'unemployed, last worked five years ago or earlier or never',
      ]),
    ),
  },
  { column: 'SCHL', key: 'highest education', words: coded(SCHOOLING) },
  {
    column: 'MAR',
    key: 'marital status',
    words: coded(table(1, ['married', 'widowed', 'divorced', 'separated', 'never married'])),
  },
  { column: 'OCCP', key: 'occupation', words: ranged(OCCUPATIONS) },
  { column: 'POBP', key: 'place of birth', words: ranged(BIRTHPLACES) },
  {
    column: 'RELP',
    key: 'relation to the reference person of the household',
    words: coded(
      table(0, [
        'the reference person itself',
        'husband or wife',
        'biological son or daughter',
        'adopted son or daughter',
        'stepson or stepdaughter',
        'brother or sister',
        'father or mother',
        'grandchild',
        'parent-in-law',
        'son-in-law or daughter-in-law',
        'other relative',
        'roomer or boarder',
        'housemate or roommate',
        'unmarried partner',
        'foster child',
        'other person who is not a relative',
        'resident of an institution',
        'resident of group quarters that are no institution',
      ]),
    ),
  },
  { column: 'WKHP', key: 'usual hours worked a week', words: (value) => `${Number(value)} hours` },
  { column: 'SEX', key: 'sex', words: coded(table(1, ['male', 'female'])) },
  {
    column: 'RAC1P',
    key: 'race',
    words: coded(
      table(1, [
        'White',
        'Black or African American',
        'American Indian',
        'Alaska Native',
        'American Indian or Alaska Native, tribe not specified',
        'Asian',
        'Native Hawaiian or other Pacific Islander',
        'some other race',
        'two or more races',
      ]),
    ),
  },
  {
    column: 'PINCP',
    key: 'total income of the last twelve months',
    words: (value) => `$${Number(value).toLocaleString('en-US')}`,
  },
]

interface AcsTask {
  id: string
  title: string
  column: string
  positive: (value: number) => boolean
  question: string
  choices: [no: string, yes: string]
}

const TASKS: readonly AcsTask[] = [
  {
    id: 'income',
    title: 'income above $50,000',
    column: 'PINCP',
    positive: (value) => value > 50_000,
    question: 'What is this person’s estimated yearly income?',
    choices: ['$50,000 or less', 'Above $50,000'],
  },
  {
    id: 'employment',
    title: 'employed',
    column: 'ESR',
    positive: (value) => value === 1,
    question: 'Is this person employed as a civilian and at work?',
    choices: ['No, unemployed or not at work', 'Yes, employed and at work'],
  },
  {
    id: 'public-coverage',
    title: 'covered by public health insurance',
    column: 'PUBCOV',
    positive: (value) => value === 1,
    question: 'Does this person have public health insurance?',
    choices: ['No, not covered by public health insurance', 'Yes, covered by public health insurance'],
  },
  {
    id: 'mobility',
    title: 'same address as a year ago',
    column: 'MIG',
    positive: (value) => value === 1,
    question: 'Did this person live at the same address one year ago?',
    choices: ['No, at another address', 'Yes, at the same address'],
  },
  {
    id: 'travel-time',
    title: 'way to work longer than 20 minutes',
    column: 'JWMNP',
    positive: (value) => value > 20,
    question: 'How long is this person’s way to work?',
    choices: ['20 minutes or less', 'Longer than 20 minutes'],
  },
]

const HEADER =
  'The following describes a person who answered the American Community Survey, a survey of households in the United States.'

const importerOf = ({ id, title, column, positive, question, choices }: AcsTask): Importer<RiskItem> => ({
  format: 'csv',
  title: `American Community Survey, person file: ${title}`,
  required: ['AGEP', 'SCHL', 'SEX', 'RAC1P', column],
  toItem: (record, index) => {
    const description = COLUMNS.flatMap(({ column: own, key, words }) => {
      if (own === column) return []
      const value = optionalText(record, own)
      const told = value === null ? undefined : words(value)
      return told === undefined ? [] : [{ key, value: told }]
    })
    const serial = optionalText(record, 'SERIALNO')
    return {
      id: `acs-${id}/${serial === null ? index : `${serial}/${optionalText(record, 'SPORDER') ?? index}`}`,
      // People of one household are alike.
      ...(serial === null ? {} : { cluster: `acs/${serial}` }),
      task: id,
      header: HEADER,
      description,
      question,
      choices: choices.map((text, numeric) => ({ text, numeric })),
      label: positive(numberField(record, column)) ? 1 : 0,
      ...(description.find(({ key }) => key === 'race')
        ? { group: description.find(({ key }) => key === 'race')?.value }
        : {}),
    }
  },
})

/** One importer for each of the five tasks, all on the person file. */
export const acsImporters: Record<string, Importer<RiskItem>> = Object.fromEntries(
  TASKS.map((task) => [`acs-${task.id}-csv`, importerOf(task)]),
)
