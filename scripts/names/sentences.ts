/**
 * Sentences with made-up personal data: templates of templates.ts filled from Faker and from fillers of our own, each
 * sentence from one locale. Seeded, so that they are the same each time with the same version of Faker.
 */
import { allLocales, Faker, type LocaleDefinition } from '@faker-js/faker';
import { ADDRESS, type NameKind, ORGANISATION, PERSON, PLACE } from '../../engine/names/labels.ts';
import { ADDRESS_COUNTRIES, makeAddress } from './addresses.ts';
import { stringsIn } from './gazetteer-sources.ts';
import { Random } from './random.ts';
import { inCapitals, inLowerCase, type Sample, type Span } from './sample.ts';
import { KEPT_BACK_TEMPLATES, type Language, TRAINING_TEMPLATES } from './templates.ts';

const TITLES: Readonly<Record<Language, readonly string[]>> = {
  en: ['Mr.', 'Mrs.', 'Ms.', 'Dr.', 'Prof.', 'Mr', 'Mrs', 'Ms', 'Dr', 'Sir', 'Judge', 'Officer', 'Senator', 'Captain'],
  de: ['Herr', 'Frau', 'Dr.', 'Prof. Dr.', 'Herrn'],
  fr: ['M.', 'Mme', 'Monsieur', 'Madame', 'Dr', 'Maître'],
  es: ['Sr.', 'Sra.', 'Don', 'Doña', 'Dr.', 'Dra.'],
  it: ['Sig.', 'Sig.ra', 'Dott.', 'Avv.', 'Dott.ssa'],
  nl: ['dhr.', 'mevr.', 'Meneer', 'Mevrouw', 'dr.'],
  pt: ['Sr.', 'Sra.', 'Dr.', 'Dra.', 'Dona'],
  pl: ['Pan', 'Pani', 'dr', 'prof.'],
  sv: ['herr', 'fru', 'dr', 'professor'],
};
const SUFFIXES: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'Inc',
    'Inc.',
    'Ltd',
    'Ltd.',
    'LLC',
    'Corp',
    'Corp.',
    'Corporation',
    'plc',
    'Group',
    'Holdings',
    'Partners',
    'LLP',
    'Company',
    '& Co',
    '& Sons',
    'Limited',
  ],
  de: ['GmbH', 'AG', 'KG', 'GmbH & Co. KG', 'SE', 'e.K.', 'OHG', 'UG', 'e.V.', '& Söhne'],
  fr: ['SA', 'SARL', 'SAS', 'et Fils', 'Groupe', 'SNC', 'S.A.'],
  es: ['S.A.', 'S.L.', 'SL', 'SA', 'S.A. de C.V.', 'e Hijos', 'y Asociados'],
  it: ['S.p.A.', 'S.r.l.', 'SpA', 'Srl', 'e Figli', 'S.n.c.'],
  nl: ['B.V.', 'BV', 'N.V.', 'NV', 'VOF', 'en Zonen', 'Groep'],
  pt: ['Ltda', 'Ltda.', 'S.A.', 'S/A', 'e Filhos', 'Lda'],
  pl: ['Sp. z o.o.', 'S.A.', 'sp.j.', 'i Synowie'],
  sv: ['AB', 'A/S', 'AS', 'ApS', 'HB', '& Söner'],
};
/** Legal forms of countries whose language has no sentences here; companies keep them wherever they are written of. */
const SUFFIXES_ELSEWHERE =
  `Oy Oyj Kft. Nyrt. Zrt. Bt. d.o.o. d.d. j.d.o.o. S.R.L. S.A. SRL OÜ SIA UAB AD EOOD s.r.o. a.s. A.Ş. MMC ASC QSC
Pte. Pty. Sdn. Bhd. VZW CVBA BVBA NV VOF ASBL SPRL EURL SCS`.split(/\s+/);
/** Streets and quarters that stand for themselves: behind a year they are no address. */
const QUARTERS =
  `Fleet Street,Madison Avenue,Silicon Valley,Fifth Avenue,Downing Street,Savile Row,Sunset Boulevard,Harley Street,
Hyde Park,Bourbon Street,Abbey Road,Carnaby Street,Park Lane,Coney Island`.split(/,\s*/);
/** Between two family names that a company is called by. */
const JOINTS = [' & ', ' and ', ' - ', '-', ', ', ' och ', ' und ', ' et ', ' y ', ' e ', ' en ', ' i ', ' és '];
const FIELDS = [
  ...[
    'Capital',
    'Logistics',
    'Insurance',
    'Software',
    'Systems',
    'Consulting',
    'Energy',
    'Airlines',
    'Motors',
    'Foods',
  ],
  ...[
    'Pharmaceuticals',
    'Technologies',
    'Media',
    'Industries',
    'Solutions',
    'Analytics',
    'Robotics',
    'Biotech',
    'Steel',
  ],
  ...['Telecom', 'Networks', 'Financial', 'Properties', 'Interiors', 'Shipping', 'Healthcare', 'Dynamics', 'Electric'],
];
const FIRST_WORDS = [
  ...[
    'Blue',
    'Red',
    'North',
    'Silver',
    'Global',
    'United',
    'First',
    'Pacific',
    'Atlantic',
    'Summit',
    'Evergreen',
    'Bright',
  ],
  ...[
    'Stone',
    'River',
    'Iron',
    'Golden',
    'Alpine',
    'Delta',
    'Nova',
    'Apex',
    'Vertex',
    'Quantum',
    'Star',
    'Urban',
    'Royal',
  ],
  ...[
    'Harbor',
    'Falcon',
    'Phoenix',
    'Lion',
    'Oak',
    'Maple',
    'Cedar',
    'Crown',
    'Liberty',
    'Pioneer',
    'Horizon',
    'Zenith',
  ],
];
const SYLLABLES = [
  'ac',
  'vi',
  'no',
  'zen',
  'tra',
  'lu',
  'mo',
  'bel',
  'cor',
  'ex',
  'on',
  'ira',
  'pha',
  'sys',
  'ta',
  'quo',
  'ver',
  'ix',
];
const KNOWN = [
  ...[
    'Siemens',
    'Bosch',
    'Volkswagen',
    'BMW',
    'Lufthansa',
    'Allianz',
    'Deutsche Bank',
    'BASF',
    'Bayer',
    'Nestlé',
    'Novartis',
  ],
  ...[
    'Toyota',
    'Honda',
    'Sony',
    'Samsung',
    'Hyundai',
    'Tata',
    'Infosys',
    'Shell',
    'BP',
    'Unilever',
    'Barclays',
    'HSBC',
    'Tesco',
  ],
  ...[
    'Vodafone',
    'Walmart',
    'Target',
    'Boeing',
    'Pfizer',
    'Merck',
    'Tesla',
    'Ford',
    'General Motors',
    'Goldman Sachs',
    'Netflix',
  ],
  ...[
    'JPMorgan Chase',
    'Wells Fargo',
    'Citigroup',
    'Microsoft',
    'Google',
    'Amazon',
    'Apple',
    'Facebook',
    'IBM',
    'Oracle',
    'Intel',
  ],
  ...[
    'Deloitte',
    'KPMG',
    'Accenture',
    'McKinsey',
    'Airbus',
    'Renault',
    'Danone',
    'Carrefour',
    'Orange',
    'Santander',
    'Telefónica',
  ],
  ...[
    'Zara',
    'Ferrari',
    'Fiat',
    'Eni',
    'ING',
    'Philips',
    'Ikea',
    'Volvo',
    'Ericsson',
    'Nokia',
    'Maersk',
    'Uber',
    'Airbnb',
    'PayPal',
  ],
];
const AGENCIES: Readonly<Record<string, readonly string[]>> = {
  agency: [
    ...[
      'FBI',
      'CIA',
      'Federal Trade Commission',
      'SEC',
      'Home Office',
      'Ministry of Justice',
      'European Commission',
      'IRS',
    ],
    ...[
      'Department of Health',
      'Supreme Court',
      'United Nations',
      'World Bank',
      'NATO',
      'Bundestag',
      'Red Cross',
      'UNICEF',
    ],
    ...[
      'Metropolitan Police',
      'Ministry of Defence',
      'Federal Reserve',
      'European Central Bank',
      'Treasury',
      'NHS',
      'House of Lords',
    ],
  ],
};
const JOBS: Readonly<Record<Language, readonly string[]>> = {
  en: [
    'CEO',
    'chief financial officer',
    'accountant',
    'head of sales',
    'nurse',
    'software engineer',
    'Chairman',
    'Managing Director',
    'teacher',
    'Head of Marketing',
    'Vice President',
    'Project Manager',
    'lawyer',
  ],
  de: ['Geschäftsführer', 'Vorstand', 'Leiter Vertrieb', 'Buchhalterin'],
  fr: ['directeur général', 'comptable', 'directrice financière'],
  es: ['director general', 'contable', 'directora financiera'],
  it: ['amministratore delegato', 'contabile', 'direttore generale'],
  nl: ['directeur', 'boekhouder', 'hoofd verkoop'],
  pt: ['diretor geral', 'contador', 'diretora financeira'],
  pl: ['prezesa', 'księgowego', 'dyrektora'],
  sv: ['verkställande direktör', 'ekonomichef'],
};
const WEEKDAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** Where the number stands, how town and code are joined. */
type AddressForm = 'us' | 'gb' | 'germanic' | 'french' | 'spanish' | 'brazilian';
const FORMS: Readonly<Record<Language, AddressForm>> = {
  en: 'us',
  de: 'germanic',
  fr: 'french',
  es: 'spanish',
  it: 'spanish',
  nl: 'germanic',
  pt: 'spanish',
  pl: 'germanic',
  sv: 'germanic',
};
const FORM_OF_LOCALE: Readonly<Record<string, AddressForm>> = {
  en_GB: 'gb',
  en_IE: 'gb',
  pt_BR: 'brazilian',
  cs_CZ: 'germanic',
  sk: 'germanic',
  tr: 'germanic',
  sr_RS_latin: 'germanic',
  sl_SI: 'germanic',
  lv: 'germanic',
  fi: 'germanic',
  hu: 'germanic',
  hr: 'germanic',
  ro: 'germanic',
  es_MX: 'spanish',
};

/** Countries whose addresses stand in sentences of a language. */
const COUNTRIES_OF: Readonly<Record<Language, readonly string[]>> = {
  en: ADDRESS_COUNTRIES,
  de: ['de', 'de', 'at', 'ch'],
  fr: ['fr', 'fr', 'be', 'ch'],
  es: ['es', 'mx'],
  it: ['it'],
  nl: ['nl', 'be'],
  pt: ['pt', 'br'],
  pl: ['pl', 'cz'],
  sv: ['se', 'no', 'dk', 'fi'],
};

class Maker {
  readonly #faker: Faker;
  readonly #definition: LocaleDefinition;
  readonly #random: Random;
  readonly #locale: string;
  readonly #language: Language;
  readonly #which: 'training' | 'kept-back';
  readonly #countriesOfForms: readonly string[];
  readonly #towns: readonly string[];
  readonly #countries: readonly string[];
  readonly #states: readonly string[];

  constructor(locale: string, language: Language, random: Random, which: 'training' | 'kept-back') {
    const definition = (allLocales as Record<string, LocaleDefinition>)[locale];
    if (definition === undefined) throw new Error(`Faker has no locale ${locale}`);
    const base = (allLocales as Record<string, LocaleDefinition>)[locale.split('_')[0] ?? ''];
    this.#definition = definition;
    this.#faker = new Faker({
      locale: [definition, ...(base === undefined ? [] : [base]), allLocales.en, allLocales.base],
    });
    this.#faker.seed(random.below(1 << 30));
    this.#random = random;
    this.#locale = locale;
    this.#which = which;
    const country = locale.slice(-2).toLowerCase();
    this.#countriesOfForms = ADDRESS_COUNTRIES.includes(country)
      ? [country]
      : (COUNTRIES_OF[language] ?? ADDRESS_COUNTRIES);
    this.#language = language;
    this.#towns = stringsIn(definition.location?.city_name ?? base?.location?.city_name);
    this.#countries = stringsIn(
      definition.location?.country ?? base?.location?.country ?? allLocales.en.location?.country,
    );
    this.#states = stringsIn(definition.location?.state ?? base?.location?.state ?? allLocales.en.location?.state);
  }

  first(): string {
    return this.#faker.person.firstName();
  }

  last(): string {
    return this.#faker.person.lastName();
  }

  name(): string {
    const drawn = this.#random.next();
    const first = this.first();
    const last = this.last();
    if (drawn < 0.06) return `${first} ${String.fromCharCode(65 + this.#random.below(26))}. ${last}`;
    if (drawn < 0.1) return `${first} ${this.first()} ${last}`;
    if (drawn < 0.13) return `${first} ${last}-${this.last()}`;
    if (drawn < 0.15) return `${first.charAt(0)}. ${last}`;
    if (drawn < 0.16 && this.#language === 'en') return `${first} O'${last}`;
    if (drawn < 0.18 && this.#language === 'nl')
      return `${first} van ${this.#random.oneOf(['', 'der ', 'den ', 'de '])}${last}`;
    if (drawn < 0.22 && ['es', 'pt'].includes(this.#language)) return `${first} ${last} ${this.last()}`;
    return `${first} ${last}`;
  }

  town(): string {
    return this.#towns.length > 0 && this.#random.isWithin(0.85)
      ? this.#random.oneOf(this.#towns)
      : this.#faker.location.city();
  }

  country(): string {
    return this.#random.oneOf(this.#countries);
  }

  state(): string {
    return this.#random.oneOf(this.#states);
  }

  company(): string {
    const random = this.#random;
    const isElsewhere = this.#which === 'training' && random.isWithin(0.12);
    const suffix = random.oneOf(isElsewhere ? SUFFIXES_ELSEWHERE : SUFFIXES[this.#language]);
    if (this.#which === 'training' && random.isWithin(0.08)) return this.#joined(suffix);
    const drawn = random.next();
    if (drawn < 0.25) return this.#faker.company.name();
    if (drawn < 0.4) return random.oneOf(KNOWN);
    if (drawn < 0.5) return `${this.last()} ${suffix}`;
    if (drawn < 0.58) return `${this.last()} & ${this.last()}`;
    if (drawn < 0.68) return `${random.oneOf(FIRST_WORDS)} ${random.oneOf(FIELDS)}`;
    if (drawn < 0.76) return `${random.oneOf(FIRST_WORDS)}${random.oneOf(FIELDS).toLowerCase()} ${suffix}`;
    if (drawn < 0.86) {
      const made = `${random.oneOf(SYLLABLES)}${random.oneOf(SYLLABLES)}${random.isWithin(0.5) ? random.oneOf(SYLLABLES) : ''}`;
      return `${made.charAt(0).toUpperCase()}${made.slice(1)}${random.isWithin(0.5) ? ` ${suffix}` : ''}`;
    }
    if (drawn < 0.93) return `${this.last()} ${random.oneOf(FIELDS)} ${suffix}`;
    return `${this.town()} ${random.oneOf(FIELDS)}`;
  }

  /** `Berg, Holm and Dahl`, `Berg & Holm Oy`. */
  #joined(suffix: string): string {
    const random = this.#random;
    const two = `${this.last()}${random.oneOf(JOINTS)}${this.last()}`;
    const all = random.isWithin(0.4) ? `${this.last()}, ${two.replace(', ', ' and ')}` : two;
    // Without a legal form, two names side by side are as often two persons.
    return /[&-]/.test(two) && random.isWithin(0.5) ? all : `${all} ${suffix}`;
  }

  bank(): string {
    return this.#random.oneOf([
      `${this.last()} Bank`,
      `Bank of ${this.town()}`,
      `Sparkasse ${this.town()}`,
      `Banco ${this.last()}`,
      `First ${this.last()} Bank`,
      'Barclays',
      'HSBC',
      'Commerzbank',
      `Crédit ${this.last()}`,
    ]);
  }

  hospital(): string {
    const town = this.town();
    const byLanguage: Partial<Record<Language, readonly string[]>> = {
      de: [`Klinikum ${town}`, `Universitätsklinikum ${town}`, `St. ${this.first()} Krankenhaus`],
      fr: [`l'Hôpital ${this.last()}`, `Clinique ${this.last()}`, `CHU de ${town}`],
      es: [`Hospital de ${town}`, `Clínica ${this.last()}`],
    };
    return this.#random.oneOf(
      byLanguage[this.#language] ?? [
        `${town} General Hospital`,
        `St. ${this.first()}'s Hospital`,
        `${this.last()} Medical Center`,
        `${town} University Hospital`,
        `${this.last()} Clinic`,
        'Mayo Clinic',
      ],
    );
  }

  university(): string {
    const town = this.town();
    return this.#random.oneOf([
      `University of ${town}`,
      `${town} University`,
      `${this.last()} College`,
      `${town} Institute of Technology`,
    ]);
  }

  newspaper(): string {
    return this.#random.oneOf([
      `${this.town()} Times`,
      `${this.town()} Tribune`,
      `Daily ${this.#random.oneOf(FIRST_WORDS)}`,
      'Guardian',
      'New York Times',
      'Reuters',
    ]);
  }

  team(): string {
    const town = this.town();
    return this.#random.oneOf([
      `${town} United`,
      `${town} City`,
      `FC ${town}`,
      `${town} Tigers`,
      `${town} Bears`,
      `Real ${town}`,
      `${town} Hawks`,
    ]);
  }

  agency(): string {
    return this.#random.oneOf(AGENCIES['agency'] ?? []);
  }

  #number(): string {
    const random = this.#random;
    const plain = String(1 + random.below(random.isWithin(0.7) ? 180 : 9900));
    return random.isWithin(0.08) ? `${plain}${random.oneOf(['a', 'b', 'A', 'B', 'c'])}` : plain;
  }

  street(): string {
    const random = this.#random;
    const form = FORM_OF_LOCALE[this.#locale] ?? FORMS[this.#language];
    const own = stringsIn(this.#definition.location?.street_name);
    const street = own.length > 20 && random.isWithin(0.6) ? random.oneOf(own) : this.#faker.location.street();
    const bare = street.replace(/^\d+ |,? \d+$/g, '');
    const number = this.#number();
    if (form === 'us' || form === 'gb') return `${number} ${bare}`;
    if (form === 'french') return `${number}${random.oneOf([' ', ', ', ' bis '])}${bare}`;
    if (form === 'germanic') return `${bare} ${number}`;
    return `${bare}${random.oneOf([', ', ' ', ', nº '])}${number}`;
  }

  #stateCode(): string {
    const codes = stringsIn(this.#definition.location?.state_abbr);
    return codes.length > 0 && this.#random.isWithin(0.85) ? this.#random.oneOf(codes) : this.state();
  }

  /** Parts of an address, a line each. */
  #addressLines(): readonly string[] {
    const random = this.#random;
    const form = FORM_OF_LOCALE[this.#locale] ?? FORMS[this.#language];
    // Null where a country has none.
    const code =
      this.#definition.location?.postcode === null ? `${1000 + random.below(8999)}` : this.#faker.location.zipCode();
    const town = this.town();
    let street = this.street();
    if (random.isWithin(0.18))
      street += random.oneOf([
        `, Apt. ${1 + random.below(40)}`,
        ` Suite ${100 + random.below(900)}`,
        `, Flat ${1 + random.below(20)}`,
        ` #${1 + random.below(90)}`,
        `, ${1 + random.below(9)}º`,
      ]);
    const lines = [street];
    if (form === 'us') lines.push(`${town}, ${this.#stateCode()} ${code}`);
    else if (form === 'gb') lines.push(...(random.isWithin(0.5) ? [`${town} ${code}`] : [town, code]));
    else if (form === 'brazilian') lines.push(`${town} - ${this.#stateCode()}`, code);
    else lines.push(`${code} ${town}`);
    if (random.isWithin(0.15)) lines.push(this.country());
    return lines;
  }

  address(): string {
    const random = this.#random;
    if (random.isWithin(0.5)) {
      const joint = random.isWithin(0.15) ? '\n' : random.isWithin(0.1) ? ' ' : ', ';
      return makeAddress(random.oneOf(this.#countriesOfForms), this.#which, random, joint);
    }
    const lines = this.#addressLines();
    if (random.isWithin(0.12)) return lines.join('\n');
    return random.isWithin(0.12) ? lines.join(' ') : lines.join(', ');
  }

  addressLines(): string {
    const random = this.#random;
    if (random.isWithin(0.5)) return makeAddress(random.oneOf(this.#countriesOfForms), this.#which, random, '\n');
    return this.#addressLines().join('\n');
  }

  plain(what: string): string {
    const random = this.#random;
    const faker = this.#faker;
    switch (what) {
      case 'email':
        return faker.internet.email();
      case 'phone':
        return faker.phone.number();
      case 'iban':
        return faker.finance.iban();
      case 'card':
        return faker.finance.creditCardNumber();
      case 'ssn':
        return `${100 + random.below(600)}-${10 + random.below(89)}-${1000 + random.below(8999)}`;
      case 'date':
        return random.oneOf([
          `${1 + random.below(28)}/${1 + random.below(12)}/${1950 + random.below(75)}`,
          `${1950 + random.below(75)}-0${1 + random.below(9)}-1${random.below(10)}`,
          `${1 + random.below(28)} ${random.oneOf(MONTHS)} ${1950 + random.below(75)}`,
          `${random.oneOf(MONTHS)} ${1 + random.below(28)}, ${1950 + random.below(75)}`,
          `${1 + random.below(28)}.${1 + random.below(12)}.${1950 + random.below(75)}`,
        ]);
      case 'year':
        return String(1960 + random.below(66));
      case 'age':
        return String(18 + random.below(70));
      case 'int':
        return String(1 + random.below(random.isWithin(0.5) ? 100 : 9000));
      case 'zip':
        return String(10_000 + random.below(89_999));
      case 'code':
        return `${random.oneOf(['A', 'K', 'INV-', 'PX', 'C'])}${10000 + random.below(899999)}`;
      case 'amount':
        return random.oneOf([
          `$${1 + random.below(900)},000`,
          `€${10 + random.below(9000)}`,
          `${1 + random.below(900)}.50 EUR`,
          `${1 + random.below(50)} million dollars`,
        ]);
      case 'weekday':
        return random.oneOf(WEEKDAYS);
      case 'month':
        return random.oneOf(MONTHS);
      case 'job':
        return random.isWithin(0.3) && this.#language === 'en'
          ? faker.person.jobTitle()
          : random.oneOf(JOBS[this.#language]);
      case 'user':
        return faker.internet.username();
      default:
        throw new Error(`no filler for {${what}}`);
    }
  }

  /** A name as it is written for `what`; null where it is no name. */
  named(what: string): { readonly kind: NameKind; readonly before?: string; readonly text: string } | null {
    switch (what) {
      case 'name':
        return { kind: PERSON, text: this.name() };
      case 'name_upper':
        return { kind: PERSON, text: inCapitals(this.name()) };
      case 'name_lower':
        return { kind: PERSON, text: inLowerCase(this.name()) };
      case 'first':
        return { kind: PERSON, text: this.first() };
      case 'first_lower':
        return { kind: PERSON, text: inLowerCase(this.first()) };
      case 'last_lower':
        return { kind: PERSON, text: inLowerCase(this.last()) };
      case 'last':
        return { kind: PERSON, text: this.last() };
      case 'title_name':
        return {
          kind: PERSON,
          before: `${this.#random.oneOf(TITLES[this.#language])} `,
          text: this.#random.isWithin(0.5) ? this.last() : this.name(),
        };
      case 'city':
        return { kind: PLACE, text: this.town() };
      case 'city_lower':
        return { kind: PLACE, text: inLowerCase(this.town()) };
      case 'country':
        return { kind: PLACE, text: this.country() };
      case 'state':
        return { kind: PLACE, text: this.state() };
      case 'quarter':
        return { kind: PLACE, text: this.#random.oneOf(QUARTERS) };
      case 'company':
        return { kind: ORGANISATION, text: this.company() };
      case 'bank':
        return { kind: ORGANISATION, text: this.bank() };
      case 'hospital':
        return { kind: ORGANISATION, text: this.hospital() };
      case 'university':
        return { kind: ORGANISATION, text: this.university() };
      case 'newspaper':
        return { kind: ORGANISATION, text: this.newspaper() };
      case 'team':
        return { kind: ORGANISATION, text: this.team() };
      case 'agency':
        return { kind: ORGANISATION, text: this.agency() };
      case 'address':
        return { kind: ADDRESS, text: this.address() };
      case 'address_lines':
        return { kind: ADDRESS, text: this.addressLines() };
      case 'address_upper':
        return { kind: ADDRESS, text: inCapitals(this.address().replaceAll('\n', ', ')) };
      case 'address_lower':
        return { kind: ADDRESS, text: inLowerCase(this.address().replaceAll('\n', ', ')) };
      case 'street':
        return { kind: ADDRESS, text: this.street() };
      default:
        return null;
    }
  }
}

/** A sentence, and where other data of known form, personal or not, stands in it. */
export interface Made extends Sample {
  readonly others: readonly { readonly what: string; readonly start: number; readonly end: number }[];
}

const OTHERS = new Set(['email', 'phone', 'iban', 'card', 'ssn', 'date', 'code', 'user', 'amount']);

function fill(template: string, maker: Maker): Made {
  let text = '';
  const spans: Span[] = [];
  const others: { what: string; start: number; end: number }[] = [];
  let at = 0;
  for (const match of template.matchAll(/\{(\w+)\}/g)) {
    text += template.slice(at, match.index);
    at = match.index + match[0].length;
    const what = match[1] ?? '';
    const named = maker.named(what);
    if (named === null) {
      const plain = maker.plain(what);
      if (OTHERS.has(what)) others.push({ what, start: text.length, end: text.length + plain.length });
      text += plain;
      continue;
    }
    text += named.before ?? '';
    spans.push({ kind: named.kind, start: text.length, end: text.length + named.text.length });
    text += named.text;
  }
  return { text: text + template.slice(at), spans, others, isMade: true };
}

/** English is the language of more sentences than any other, and of some with names of elsewhere. */
const ENGLISH_ANYWAY = 0.3;

export function makeSentences(
  count: number,
  seed: number,
  locales: Readonly<Record<string, Language>>,
  templates: 'training' | 'kept-back',
): Made[] {
  const random = new Random(seed);
  const byLanguage = templates === 'training' ? TRAINING_TEMPLATES : KEPT_BACK_TEMPLATES;
  const makers = Object.entries(locales).map(([locale, language]) => ({
    maker: new Maker(locale, language, random, templates),
    language,
  }));
  const made: Made[] = [];
  while (made.length < count) {
    const { maker, language } = random.oneOf(makers);
    const spoken = random.isWithin(ENGLISH_ANYWAY) ? 'en' : language;
    made.push(fill(random.oneOf(byLanguage.get(spoken) ?? []), maker));
  }
  return made;
}
