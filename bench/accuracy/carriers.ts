/**
 * Texts that carry a value: prose, mail, chat, JSON, YAML, CSV, forms, logs, SQL, code, configuration. Each takes the value
 * and a word for it ("tax number", as prose, `tax_number`, `taxNumber` or `TAX_NUMBER`). Every third is kept for test
 * alone: what is missed in those is counted, never shown, so that nobody tunes to them.
 */

/** A value with the part of it that has to be found; the whole where nothing else is said. */
export interface Made {
  readonly value: string;
  readonly core?: string;
}

/** What a carrier writes round a value: the word in its spellings, and filler that is no finding of any kind. */
export interface Wording {
  /** As in prose: `tax number`. */
  readonly word: string;
  readonly snake: string;
  readonly camel: string;
  readonly screaming: string;
  readonly kebab: string;
  readonly sentence: () => string;
  readonly noun: () => string;
  readonly int: (below: number) => number;
}

type Quoting = 'raw' | 'json' | 'sql' | 'xml' | 'csv';

export interface Carrier {
  readonly name: string;
  readonly isForTest: boolean;
  readonly quoting: Quoting;
  /** Text before and after the value. */
  readonly round: (wording: Wording) => readonly [string, string];
}

type Round = Carrier['round'];

const ALL: readonly (readonly [string, Quoting, Round])[] = [
  [
    'sentence',
    'raw',
    (w) => [`${w.sentence()} Please note that the ${w.word} is `, `, as given in the form. ${w.sentence()}`],
  ],
  ['first person', 'raw', (w) => [`${w.sentence()} My ${w.word} is `, `. ${w.sentence()}`]],
  ['parenthesis', 'raw', (w) => [`The ${w.word} (`, `) was confirmed by the ${w.noun()}.`]],
  ['question', 'raw', (w) => [`We could not find ${w.word} `, ` in the register; can you check?`]],
  ['label', 'raw', (w) => [`${w.word}: `, '']],
  ['heading', 'raw', (w) => [`## ${w.word}\n\n`, `\n\n${w.sentence()}`]],
  ['chat', 'raw', (w) => [`user: hi, is ${w.word} `, ` still current?\nassistant: let me look.`]],
  ['messenger', 'raw', (w) => [`[09:${10 + w.int(49)}] here is the ${w.word} you asked for: `, '\n[09:59] thanks!']],
  ['mail', 'raw', (w) => [`Hello,\n\nas discussed, the ${w.word} is\n\n    `, `\n\n${w.sentence()}\n\nRegards`]],
  ['mail subject', 'raw', (w) => [`Subject: ${w.word}\n\nThe one on file is `, `. ${w.sentence()}`]],
  ['list', 'raw', (w) => [`- ${w.noun()}: open\n- ${w.word}: `, `\n- ${w.noun()}: ${w.int(90)}`]],
  ['bold', 'raw', (w) => [`* **${w.word}**: \``, `\` (checked)`]],
  [
    'table of Markdown',
    'raw',
    (w) => [`| field | value |\n| --- | --- |\n| ${w.word} | `, ` |\n| ${w.noun()} | yes |`],
  ],
  ['quote', 'raw', (w) => [`> ${w.sentence()}\n> ${w.word}: `, `\n\n${w.sentence()}`]],
  ['JSON', 'json', (w) => [`{"${w.snake}": "`, `", "${w.noun()}": ${w.int(90)}}`]],
  ['JSON, pretty', 'json', (w) => [`{\n  "${w.noun()}": {\n    "${w.camel}": "`, `",\n    "active": true\n  }\n}`]],
  ['JSON, array', 'json', (w) => [`[{"${w.noun()}":1,"${w.camel}":"`, `"},{"${w.noun()}":2}]`]],
  ['JSON in JSON', 'raw', (w) => [`{"body":"{\\"${w.snake}\\":\\"`, `\\"}"}`]],
  ['YAML', 'raw', (w) => [`${w.noun()}:\n  ${w.snake}: `, `\n  retries: ${w.int(9)}`]],
  ['YAML, quoted', 'raw', (w) => [`settings:\n  ${w.camel}: "`, `"\n  mode: ${w.noun()}`]],
  ['CSV', 'csv', (w) => [`row,${w.snake},state\n1,`, `,open`]],
  ['CSV, semicolons', 'raw', (w) => [`${w.word};${w.noun()};state\n`, `;${w.noun()};open`]],
  ['TSV', 'raw', (w) => [`${w.noun()}\t${w.word}\nfirst\t`, `\n`]],
  ['multipart', 'raw', (w) => [`Content-Disposition: form-data; name="${w.snake}"\r\n\r\n`, `\r\n--boundary--`]],
  ['HTML table', 'xml', (w) => [`<tr><th>${w.word}</th><td>`, `</td></tr>`]],
  ['HTML input', 'xml', (w) => [`<input type="text" name="${w.snake}" value="`, `">`]],
  ['XML', 'xml', (w) => [`<${w.noun()}><${w.camel}>`, `</${w.camel}></${w.noun()}>`]],
  ['log', 'raw', (w) => [`INFO  [worker-${w.int(9)}] ${w.noun()} done ${w.snake}=`, ` took=${w.int(900)}ms`]],
  ['log, error', 'raw', (w) => [`ERROR validation failed for ${w.word} '`, `' at step ${w.int(9)}`]],
  ['log, JSON', 'json', (w) => [`{"level":"info","msg":"${w.noun()} saved","${w.camel}":"`, `"}`]],
  [
    'SQL insert',
    'sql',
    (w) => [`INSERT INTO ${w.noun()}s (row, ${w.snake}, state) VALUES (${w.int(90)}, '`, `', 'open');`],
  ],
  ['SQL update', 'sql', (w) => [`UPDATE ${w.noun()}s SET ${w.snake} = '`, `' WHERE row = ${w.int(90)};`]],
  ['SQL select', 'sql', (w) => [`SELECT * FROM ${w.noun()}s WHERE ${w.snake} = '`, `' LIMIT 1`]],
  ['JavaScript', 'raw', (w) => [`const ${w.camel} = '`, `';\nsend(${w.camel});`]],
  ['Python', 'raw', (w) => [`${w.snake} = "`, `"\nprint(len(${w.snake}))`]],
  ['Java', 'raw', (w) => [`    private static final String ${w.screaming} = "`, `";`]],
  ['call', 'raw', (w) => [`${w.noun()}.update({ ${w.camel}: '`, `', force: true });`]],
  ['comment', 'raw', (w) => [`// ${w.word}: `, `\nrun(${w.int(9)});`]],
  ['environment', 'raw', (w) => [`MODE=${w.noun()}\n${w.screaming}=`, `\nDEBUG=0`]],
  ['shell', 'raw', (w) => [`export ${w.screaming}="`, `"`]],
  ['option', 'raw', (w) => [`./run --${w.kebab} `, ` --verbose`]],
  ['diff', 'raw', (w) => [` ${w.noun()}:\n+  ${w.snake}: "`, `"\n   retries: ${w.int(9)}`]],
];

export const CARRIERS: readonly Carrier[] = ALL.map(([name, quoting, round], index) => ({
  name,
  quoting,
  round,
  isForTest: index % 3 === 2,
}));

const QUOTE: Readonly<Record<Quoting, (text: string) => string>> = {
  raw: (text) => text,
  json: (text) => JSON.stringify(text).slice(1, -1),
  sql: (text) => text.replaceAll("'", "''"),
  xml: (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
  csv: (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text),
};

/** A carrier filled: its text, and the bytes that have to be found. */
export interface Carried {
  readonly text: Buffer;
  readonly start: number;
  readonly end: number;
  /** Bytes of the whole value. */
  readonly from: number;
  readonly to: number;
}

export function carry(carrier: Carrier, made: Made, wording: Wording): Carried {
  const [before, after] = carrier.round(wording);
  const quote = QUOTE[carrier.quoting];
  const whole = quote(made.value);
  const core = made.core === undefined ? whole : quote(made.core);
  const at = whole.indexOf(core);
  const start = Buffer.byteLength(before) + Buffer.byteLength(whole.slice(0, at));
  const from = Buffer.byteLength(before);
  return {
    text: Buffer.from(before + whole + after),
    start,
    end: start + Buffer.byteLength(core),
    from,
    to: from + Buffer.byteLength(whole),
  };
}

const NOUNS = 'account customer order ticket record report invoice partner contract member device project'.split(' ');
const SENTENCES = [
  'The file was closed last week.',
  'Nothing else has changed since then.',
  'We will come back to this after the review.',
  'It took longer than planned.',
  'Everything is ready for the next step.',
  'The rest follows in a second message.',
];

/** The spellings of a word, with filler from the given generator. */
export function wordingOf(word: string, random: () => number): Wording {
  const parts = word.split(/[^\p{L}\p{N}]+/u).filter((part) => part !== '');
  const lower = parts.map((part) => part.toLowerCase());
  const hasCase = /[\p{Lu}\p{Ll}]/u.test(word);
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? '';
  return {
    word,
    snake: lower.join('_'),
    kebab: lower.join('-'),
    screaming: lower.join('_').toUpperCase(),
    // Where letters have no case, parts run together could not be told apart again: nobody writes a key so.
    camel: lower
      .map((part, at) => (at === 0 ? part : part.charAt(0).toUpperCase() + part.slice(1)))
      .join(hasCase ? '' : '_'),
    sentence: () => pick(SENTENCES),
    noun: () => pick(NOUNS),
    int: (below) => Math.floor(random() * below),
  };
}
