/** What can be said of an invented person, town, firm or species, and in which words. */

export type EntityKind = 'person' | 'town' | 'firm' | 'species'

export type FictionValueKind = EntityKind | 'year' | 'number' | 'place' | 'word'

export interface Attribute {
  /** "person.birthplace". */
  id: string
  of: EntityKind
  /** As a record's row is headed. */
  label: string
  valueKind: FictionValueKind
  /** No two entities share the value, so the fact can be asked from either side. */
  unique: boolean
  /** Statements with {name} and {value}, in which each word but these two is fixed. */
  sentences: readonly string[]
  /** Questions with {name} that the value answers. */
  questions: readonly string[]
  /** For an entity as value: the value in terms of the subject, "the town where {name} was born". */
  phrase?: string
  /** For a unique attribute whose value is an entity: the subject in terms of the value, "the firm that {name} founded". */
  inversePhrase?: string
  /** For a unique attribute: questions with {name} standing for the value, answered by the subject. */
  inverseQuestions?: readonly string[]
}

export const attributes: readonly Attribute[] = [
  {
    id: 'person.birthYear',
    of: 'person',
    label: 'year of birth',
    valueKind: 'year',
    unique: false,
    sentences: [
      '{name} was born in {value}.',
      '{name} came into the world in the year {value}.',
      'The year of birth of {name} is {value}.',
    ],
    questions: ['In which year was {name} born?', 'What is the year of birth of {name}?'],
  },
  {
    id: 'person.birthplace',
    of: 'person',
    label: 'birthplace',
    valueKind: 'town',
    unique: false,
    sentences: [
      '{name} is a native of the town of {value}.',
      'The birthplace of {name} is {value}.',
      '{name} spent a whole childhood in {value}, the town of birth.',
    ],
    questions: ['In which town was {name} born?', 'What is the birthplace of {name}?'],
    phrase: 'the birthplace of {name}',
  },
  {
    id: 'person.occupation',
    of: 'person',
    label: 'occupation',
    valueKind: 'word',
    unique: false,
    sentences: [
      'By profession {name} is a trained {value}.',
      '{name} earns a living as a {value}.',
      '{name} has worked for many years as a {value}.',
    ],
    questions: ['What is the occupation of {name}?', 'What does {name} do for a living?'],
  },
  {
    id: 'person.employer',
    of: 'person',
    label: 'employer',
    valueKind: 'firm',
    unique: false,
    sentences: [
      '{name} is employed by the firm {value}.',
      'The employer of {name} is {value}.',
      '{name} is on the staff of {value}.',
    ],
    questions: ['Which firm employs {name}?', 'What is the name of the employer of {name}?'],
    phrase: 'the employer of {name}',
  },
  {
    id: 'person.mentor',
    of: 'person',
    label: 'mentor',
    valueKind: 'person',
    unique: true,
    sentences: [
      '{name} learned the trade from {value}, a patient mentor.',
      'The mentor of {name} was {value}.',
      '{name} was taught by {value} as a young apprentice.',
    ],
    questions: ['Who was the mentor of {name}?', 'From whom did {name} learn the trade?'],
    phrase: 'the mentor of {name}',
    inversePhrase: 'the person whose mentor was {name}',
    inverseQuestions: ['Whose mentor was {name}?', 'Who learned the trade from {name}?'],
  },
  {
    id: 'person.instrument',
    of: 'person',
    label: 'instrument',
    valueKind: 'word',
    unique: false,
    sentences: [
      'In the evenings {name} plays the {value}.',
      '{name} is known among friends for playing the {value}.',
      'The instrument that {name} plays is the {value}.',
    ],
    questions: ['Which instrument does {name} play?', 'What is the instrument that {name} plays?'],
  },
  {
    id: 'person.award',
    of: 'person',
    label: 'award',
    valueKind: 'place',
    unique: true,
    sentences: [
      '{name} was honoured with the {value} Medal.',
      'For long service {name} received the {value} Medal.',
      '{name} holds the {value} Medal.',
    ],
    questions: ['Which medal did {name} receive?', 'What is the name of the medal that {name} holds?'],
    inverseQuestions: ['Who received the {name} Medal?', 'Who holds the {name} Medal?'],
  },
  {
    id: 'person.residence',
    of: 'person',
    label: 'home town',
    valueKind: 'town',
    unique: false,
    sentences: [
      'Today {name} lives in {value}.',
      '{name} has settled in the town of {value}.',
      'The present home of {name} is {value}.',
    ],
    questions: ['In which town does {name} live today?', 'Where is the present home of {name}?'],
    phrase: 'the present home town of {name}',
  },
  {
    id: 'town.founded',
    of: 'town',
    label: 'founded',
    valueKind: 'year',
    unique: false,
    sentences: [
      '{name} was founded in {value}.',
      'The town of {name} goes back to the year {value}.',
      'Settlers founded {name} in {value}.',
    ],
    questions: ['In which year was {name} founded?', 'What is the founding year of {name}?'],
  },
  {
    id: 'town.province',
    of: 'town',
    label: 'province',
    valueKind: 'place',
    unique: false,
    sentences: [
      '{name} belongs to the province of {value}.',
      '{name} is a town in {value} province.',
      'The province around {name} is called {value}.',
    ],
    questions: ['To which province does {name} belong?', 'What is the province of {name}?'],
  },
  {
    id: 'town.river',
    of: 'town',
    label: 'river',
    valueKind: 'place',
    unique: true,
    sentences: [
      '{name} lies on the river {value}.',
      'The river {value} flows through {name}.',
      'The houses of {name} line both banks of the river {value}.',
    ],
    questions: ['On which river does {name} lie?', 'Which river flows through {name}?'],
    inverseQuestions: ['Which town lies on the river {name}?', 'Through which town does the river {name} flow?'],
  },
  {
    id: 'town.population',
    of: 'town',
    label: 'population',
    valueKind: 'number',
    unique: false,
    sentences: [
      '{name} has {value} inhabitants.',
      'At the last count {value} people lived in {name}.',
      'The population of {name} is {value}.',
    ],
    questions: ['How many inhabitants does {name} have?', 'What is the population of {name}?'],
  },
  {
    id: 'town.mayor',
    of: 'town',
    label: 'mayor',
    valueKind: 'person',
    unique: true,
    sentences: [
      'The mayor of {name} is {value}.',
      '{name} elected {value} as mayor.',
      'The town hall of {name} is led by the mayor, {value}.',
    ],
    questions: ['Who is the mayor of {name}?', 'What is the name of the mayor of {name}?'],
    phrase: 'the mayor of {name}',
    inversePhrase: 'the town whose mayor is {name}',
    inverseQuestions: ['Which town has {name} as its mayor?', 'Of which town is {name} the mayor?'],
  },
  {
    id: 'town.speciality',
    of: 'town',
    label: 'speciality',
    valueKind: 'word',
    unique: false,
    sentences: [
      'Travellers know {name} for its {value}.',
      'The speciality of {name} is {value}.',
      'On market days {name} sells its well-known {value}.',
    ],
    questions: ['What is {name} known for among travellers?', 'What is the speciality of {name}?'],
  },
  {
    id: 'town.elevation',
    of: 'town',
    label: 'elevation in metres',
    valueKind: 'number',
    unique: false,
    sentences: [
      '{name} stands {value} metres above the sea.',
      'The elevation of {name} is {value} metres.',
      'The market square of {name} is at {value} metres above sea level.',
    ],
    questions: ['How many metres above the sea does {name} stand?', 'What is the elevation of {name} in metres?'],
  },
  {
    id: 'town.festival',
    of: 'town',
    label: 'month of the fair',
    valueKind: 'word',
    unique: false,
    sentences: [
      'Every {value} the yearly fair of {name} fills the streets.',
      '{name} holds its yearly fair in {value}.',
      'The yearly fair of {name} takes place in {value}.',
    ],
    questions: ['In which month is the yearly fair of {name} held?', 'In which month does {name} hold its fair?'],
  },
  {
    id: 'firm.founded',
    of: 'firm',
    label: 'founded',
    valueKind: 'year',
    unique: false,
    sentences: [
      '{name} was set up in {value}.',
      'The firm {name} opened its doors in {value}.',
      'The books of {name} begin in {value}.',
    ],
    questions: ['In which year was {name} set up?', 'When did {name} open its doors?'],
  },
  {
    id: 'firm.founder',
    of: 'firm',
    label: 'founder',
    valueKind: 'person',
    unique: true,
    sentences: [
      'The founder of {name} is {value}.',
      '{name} owes its existence to its founder, {value}.',
      '{value} founded {name} with borrowed money.',
    ],
    questions: ['Who founded {name}?', 'What is the name of the founder of {name}?'],
    phrase: 'the founder of {name}',
    inversePhrase: 'the firm founded by {name}',
    inverseQuestions: ['Which firm did {name} found?', 'What is the name of the firm founded by {name}?'],
  },
  {
    id: 'firm.headquarters',
    of: 'firm',
    label: 'headquarters',
    valueKind: 'town',
    unique: false,
    sentences: [
      '{name} has its headquarters in {value}.',
      'The head office of {name} stands in {value}.',
      'From its headquarters in {value}, {name} serves the whole region.',
    ],
    questions: ['In which town does {name} have its headquarters?', 'Where is the head office of {name}?'],
    phrase: 'the town where {name} has its headquarters',
  },
  {
    id: 'firm.product',
    of: 'firm',
    label: 'product',
    valueKind: 'word',
    unique: false,
    sentences: [
      '{name} makes {value}.',
      'The workshops of {name} turn out {value}.',
      'The main product of {name} is {value}.',
    ],
    questions: ['What does {name} make?', 'What is the main product of {name}?'],
  },
  {
    id: 'firm.director',
    of: 'firm',
    label: 'director',
    valueKind: 'person',
    unique: true,
    sentences: [
      '{name} is run by its director, {value}.',
      'The director of {name} is {value}.',
      'The board of {name} chose {value} as director.',
    ],
    questions: ['Who is the director of {name}?', 'What is the name of the director of {name}?'],
    phrase: 'the director of {name}',
    inversePhrase: 'the firm whose director is {name}',
    inverseQuestions: ['Which firm has {name} as its director?', 'Of which firm is {name} the director?'],
  },
  {
    id: 'firm.staff',
    of: 'firm',
    label: 'number of workers',
    valueKind: 'number',
    unique: false,
    sentences: [
      '{name} gives work to {value} people.',
      'The payroll of {name} lists {value} workers.',
      '{name} has a staff of {value}.',
    ],
    questions: ['How many people does {name} give work to?', 'What is the size of the staff of {name}?'],
  },
  {
    id: 'firm.colour',
    of: 'firm',
    label: 'colour of the sign',
    valueKind: 'word',
    unique: false,
    sentences: [
      'The delivery carts of {name} are painted {value}.',
      '{name} is recognised by its {value} delivery carts.',
      'Every delivery cart of {name} is {value}.',
    ],
    questions: [
      'What colour are the delivery carts of {name}?',
      'In which colour are the delivery carts of {name} painted?',
    ],
  },
  {
    id: 'firm.supplier',
    of: 'firm',
    label: 'supplier',
    valueKind: 'firm',
    unique: true,
    sentences: [
      '{name} buys its raw materials from {value}.',
      'The supplier of {name} is {value}.',
      '{name} is supplied by {value} every week.',
    ],
    questions: ['Which firm is the supplier of {name}?', 'From which firm does {name} buy its raw materials?'],
    phrase: 'the supplier of {name}',
    inversePhrase: 'the firm supplied by {name}',
    inverseQuestions: ['Which firm is supplied by {name}?', 'Which firm buys its raw materials from {name}?'],
  },
  {
    id: 'species.discoverer',
    of: 'species',
    label: 'discoverer',
    valueKind: 'person',
    unique: true,
    sentences: [
      '{name} was discovered by {value}.',
      'The discoverer of {name} is {value}.',
      'The first person to describe {name} was {value}.',
    ],
    questions: ['Who discovered {name}?', 'What is the name of the discoverer of {name}?'],
    phrase: 'the discoverer of {name}',
    inversePhrase: 'the species discovered by {name}',
    inverseQuestions: ['Which species did {name} discover?', 'What is the name of the species discovered by {name}?'],
  },
  {
    id: 'species.described',
    of: 'species',
    label: 'year of discovery',
    valueKind: 'year',
    unique: false,
    sentences: [
      'Science has known {name} since {value}.',
      'The first report on {name} dates from {value}.',
      '{name} entered the scientific record in {value}.',
    ],
    questions: ['Since which year has science known {name}?', 'From which year is the first report on {name}?'],
  },
  {
    id: 'species.habitat',
    of: 'species',
    label: 'found near',
    valueKind: 'town',
    unique: false,
    sentences: [
      '{name} lives only in the woods around {value}.',
      'The only known home of {name} is the land near {value}.',
      '{name} is found near {value} and nowhere else.',
    ],
    questions: ['Near which town does {name} live?', 'Around which town is {name} found?'],
    phrase: 'the town near which {name} lives',
  },
  {
    id: 'species.diet',
    of: 'species',
    label: 'diet',
    valueKind: 'word',
    unique: false,
    sentences: [
      '{name} feeds on {value}.',
      'The diet of {name} consists of {value}.',
      'In all seasons {name} eats {value}.',
    ],
    questions: ['What does {name} feed on?', 'What is the diet of {name}?'],
  },
  {
    id: 'species.colour',
    of: 'species',
    label: 'colour',
    valueKind: 'word',
    unique: false,
    sentences: [
      'The back of {name} is {value}.',
      'From above, {name} looks {value}.',
      '{name} is easily known by its {value} back.',
    ],
    questions: ['What colour is the back of {name}?', 'Which colour does the back of {name} have?'],
  },
  {
    id: 'species.length',
    of: 'species',
    label: 'length in centimetres',
    valueKind: 'number',
    unique: false,
    sentences: [
      'A grown specimen of {name} measures {value} centimetres.',
      '{name} reaches a length of {value} centimetres.',
      'The body of {name} is {value} centimetres long.',
    ],
    questions: ['How many centimetres long is {name}?', 'What length in centimetres does {name} reach?'],
  },
  {
    id: 'species.lifespan',
    of: 'species',
    label: 'lifespan in years',
    valueKind: 'number',
    unique: false,
    sentences: [
      '{name} lives for about {value} years.',
      'The lifespan of {name} is {value} years.',
      'In the wild {name} reaches an age of {value} years.',
    ],
    questions: ['How many years does {name} live?', 'What is the lifespan of {name} in years?'],
  },
  {
    id: 'species.season',
    of: 'species',
    label: 'breeding month',
    valueKind: 'word',
    unique: false,
    sentences: [
      '{name} breeds in {value}.',
      'The young of {name} hatch in {value}.',
      'The breeding month of {name} is {value}.',
    ],
    questions: ['In which month does {name} breed?', 'What is the breeding month of {name}?'],
  },
]

const byId = new Map(attributes.map((attribute) => [attribute.id, attribute]))

/** The attribute of that id. Raises on an unknown one. */
export function attributeOf(id: string): Attribute {
  const attribute = byId.get(id)
  if (attribute === undefined) throw new RangeError(`no attribute is called ${id}`)
  return attribute
}

/** The attributes of one kind of entity, in record order. */
export const attributesOf = (kind: EntityKind): readonly Attribute[] =>
  attributes.filter((attribute) => attribute.of === kind)

/** Values of the attributes that are plain words. Within one list no value contains another. */
export const wordValues: Readonly<Record<string, readonly string[]>> = {
  'person.occupation':
    'baker bookbinder botanist carpenter cartographer chemist clockmaker cook dentist diver engraver farmer fisherman gardener glassblower goldsmith journalist judge lawyer librarian locksmith mason mathematician miller musician nurse painter pharmacist photographer pilot plumber potter sailor sculptor shepherd surgeon surveyor tailor teacher translator weaver'.split(
      ' ',
    ),
  'person.instrument':
    'accordion banjo bassoon cello clarinet drum fiddle flute guitar harp harpsichord horn lute mandolin oboe organ piano saxophone trombone trumpet tuba viola xylophone zither'.split(
      ' ',
    ),
  'town.speciality': [
    'plum brandy',
    'smoked trout',
    'goat cheese',
    'lace curtains',
    'painted eggs',
    'honey cakes',
    'copper kettles',
    'straw hats',
    'wooden toys',
    'salted butter',
    'walnut bread',
    'pear cider',
    'wool blankets',
    'clay pipes',
    'cherry jam',
    'silver buttons',
    'paper lanterns',
    'garlic sausages',
    'mustard',
    'candied ginger',
    'leather gloves',
    'onion soup',
    'beeswax candles',
    'pickled mushrooms',
  ],
  'town.festival': 'January February March April May June July August September October November December'.split(' '),
  'firm.product': [
    'bicycles',
    'umbrellas',
    'church bells',
    'sewing needles',
    'telescopes',
    'roof tiles',
    'barometers',
    'fishing nets',
    'violin strings',
    'garden tools',
    'typewriters',
    'wallpaper',
    'door locks',
    'rubber boots',
    'pocket watches',
    'steam valves',
    'porcelain cups',
    'school desks',
    'kites',
    'chessboards',
    'sailcloth',
    'mirrors',
    'matches',
    'printing ink',
  ],
  'firm.colour': 'red blue green yellow white black orange purple grey brown pink turquoise'.split(' '),
  'species.diet': [
    'beetles',
    'fallen acorns',
    'pond weed',
    'pine seeds',
    'small snails',
    'river shrimps',
    'wild berries',
    'earthworms',
    'moths',
    'tree bark',
    'mosses',
    'grass roots',
    'dragonflies',
    'wasps',
    'mushrooms',
    'thistle seeds',
  ],
  'species.colour': 'red blue green yellow white black orange purple grey brown pink turquoise'.split(' '),
  'species.season': 'January February March April May June July August September October November December'.split(' '),
}

/** What an invented species is a kind of. */
export const animalNouns =
  'beetle butterfly cricket dormouse falcon finch frog gecko heron lizard lynx mole newt otter owl rabbit salamander shrew snail spider squirrel swallow thrush toad trout turtle vole warbler weasel woodpecker'.split(
    ' ',
  )

/** What an invented firm is called after its own name. */
export const firmNouns = 'Brothers Company Forge Foundry Manufactory Mills Partners Trading Union Workshops'.split(' ')

export const townEndings = 'holm mar vik den osk gard berg tova bury nes stad'.split(' ')
