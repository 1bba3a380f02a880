/**
 * Documents whole: source code, dumps, tables, contracts, résumés and what hides in a text. Made by seed from parts; they
 * are carried by requests of their own, as people hand documents to a model.
 */
import { createCipheriv, createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { BIP39_WORDS } from '../../engine/recognizers/finance/bip39-words.ts';
import type { Carrier, Made } from './carriers.ts';
import { fill, int, letters, pick, type Random } from './shapes.ts';

const VERBS = ['load', 'store', 'merge', 'split', 'render', 'resolve', 'collect', 'parse'];
const THINGS = ['order', 'invoice', 'session', 'report', 'account', 'window', 'buffer', 'route'];
const title = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function many(random: Random, least: number, most: number, make: (row: number) => string): string[] {
  return Array.from({ length: int(random, least, most) }, (_, row) => make(row + 1));
}

function sourceCode(random: Random): string {
  const verb = (): string => pick(random, VERBS);
  const thing = (): string => pick(random, THINGS);
  const languages = [
    () =>
      [
        `import { ${verb()}${title(thing())} } from './${thing()}.ts';`,
        '',
        ...many(random, 3, 5, () => {
          const name = thing();
          return `export function ${verb()}${title(name)}(${name}: ${title(name)}, limit: number): number {\n  let total = 0;\n  for (const item of ${name}.items) {\n    if (item.size > limit) continue;\n    total += item.size;\n  }\n  return total;\n}\n`;
        }),
      ].join('\n'),
    () =>
      [
        `from ${thing()}s import ${verb()}_${thing()}`,
        '',
        ...many(random, 3, 5, () => {
          const name = thing();
          return `def ${verb()}_${name}(${name}, limit=${int(random, 1, 90)}):\n    total = 0\n    for item in ${name}.items:\n        if item.size > limit:\n            continue\n        total += item.size\n    return total\n`;
        }),
      ].join('\n'),
    () =>
      [
        `package ${thing()}s`,
        '',
        'import (\n\t"context"\n\t"fmt"\n)',
        '',
        ...many(random, 3, 5, () => {
          const name = title(thing());
          return `func (s *Server) ${title(verb())}${name}(ctx context.Context, in *${name}) (int, error) {\n\tif in == nil {\n\t\treturn 0, fmt.Errorf("no ${name}")\n\t}\n\treturn len(in.Items), nil\n}\n`;
        }),
      ].join('\n'),
    () =>
      many(random, 3, 5, () => {
        const name = title(thing());
        return `public class ${name}${title(verb())}er {\n    private final List<${name}> items = new ArrayList<>();\n\n    public int ${verb()}(${name} one) {\n        if (one == null) {\n            throw new IllegalArgumentException("one");\n        }\n        items.add(one);\n        return items.size();\n    }\n}\n`;
      }).join('\n'),
  ];
  return pick(random, languages)();
}

function sqlDump(random: Random): string {
  const table = `${pick(random, THINGS)}s`;
  return [
    '-- Dump of the database',
    `DROP TABLE IF EXISTS ${table};`,
    `CREATE TABLE ${table} (\n  id INTEGER PRIMARY KEY,\n  state VARCHAR(20) NOT NULL,\n  amount NUMERIC(10, 2)\n);`,
    ...many(
      random,
      8,
      14,
      (row) => `INSERT INTO ${table} (id, state, amount) VALUES (${row}, 'open', ${int(random, 1, 900)}.50);`,
    ),
  ].join('\n');
}

function stackTrace(random: Random): string {
  const thing = (): string => pick(random, THINGS);
  const verb = (): string => pick(random, VERBS);
  const kinds = [
    () =>
      [
        `java.lang.IllegalStateException: no ${thing()}`,
        ...many(
          random,
          6,
          10,
          () =>
            `\tat com.acme.${thing()}.${title(thing())}Service.${verb()}(${title(thing())}Service.java:${int(random, 10, 900)})`,
        ),
      ].join('\n'),
    () =>
      [
        'Traceback (most recent call last):',
        ...many(
          random,
          4,
          8,
          () =>
            `  File "/srv/app/${thing()}.py", line ${int(random, 10, 900)}, in ${verb()}\n    return ${verb()}(${thing()})`,
        ),
        `ValueError: no ${thing()}`,
      ].join('\n'),
    () =>
      many(
        random,
        10,
        16,
        (row) =>
          `2025-03-${String(int(random, 10, 28))} 10:${int(random, 10, 59)}:${String(10 + row)},${int(random, 100, 999)} ${pick(random, ['INFO', 'WARN', 'ERROR'])} [${thing()}-${int(random, 1, 9)}] ${verb()} ${thing()} took ${int(random, 1, 900)} ms`,
      ).join('\n'),
  ];
  return pick(random, kinds)();
}

const GIVEN = ['Anna', 'Jonas', 'Mira', 'Pavel', 'Ines', 'Tomas', 'Lea', 'Oskar'];
const FAMILY = ['Lindqvist', 'Moreau', 'Keller', 'Novak', 'Rossi', 'Jansen', 'Silva', 'Brandt'];

function personTable(random: Random): string {
  const rows = many(random, 12, 20, (row) => {
    const given = pick(random, GIVEN);
    const family = pick(random, FAMILY);
    return [
      String(row),
      given,
      family,
      `${given}.${family}${row}@mail.test.com`.toLowerCase(),
      `+1 212 555 ${int(random, 1000, 9999)}`,
    ].join(',');
  });
  return ['id,first_name,last_name,email,phone', ...rows].join('\n');
}

function contract(random: Random): string {
  const party = `${pick(random, FAMILY)} Holdings Ltd`;
  return [
    `${pick(random, ['SERVICES', 'CONSULTING', 'LICENCE'])} AGREEMENT`,
    `This Agreement is entered into as of the Effective Date by and between ${party} ("Company") and the undersigned party ("Contractor").`,
    'WHEREAS, the Company wishes to engage the Contractor; NOW, THEREFORE, in consideration of the mutual covenants contained herein, the parties agree as follows:',
    '1. Term and Termination. Either party may terminate this Agreement upon thirty days written notice to the other party.',
    '2. Confidentiality. The receiving party shall not disclose Confidential Information of the disclosing party to any third party.',
    '3. Indemnification. The Contractor shall indemnify and hold harmless the Company from any claims arising out of this Agreement.',
    `4. Governing Law. This Agreement shall be governed by and construed in accordance with the laws of ${pick(random, ['Delaware', 'England', 'New York'])}.`,
    'IN WITNESS WHEREOF, the parties hereto have executed this Agreement as of the date first written above.',
  ].join('\n\n');
}

function resume(random: Random): string {
  const name = `${pick(random, GIVEN)} ${pick(random, FAMILY)}`;
  return [
    `Curriculum Vitae\n${name}`,
    'Professional Summary\nEngineer with ten years of experience in distributed systems.',
    `Work Experience\nSenior Engineer, Northmill Works, ${int(random, 2015, 2019)} - present\n- Led a team of six\n- Reduced costs by 30 %\nEngineer, Harbour Works, ${int(random, 2009, 2013)} - 2015`,
    `Education\nM.Sc. Computer Science, University of ${pick(random, ['Lund', 'Porto', 'Graz'])}, 2009`,
    'Skills\nTypeScript, PostgreSQL, Kubernetes',
    'Languages\nEnglish, German',
    'References\nAvailable upon request',
  ].join('\n\n');
}

/** Tag characters, zero-width and bidirectional controls among plain words. */
function invisible(random: Random): string | Made {
  const hidden = pick(random, VERBS);
  const kinds = [
    () =>
      [...`${hidden} the ${pick(random, THINGS)} now`]
        .map((char) => String.fromCodePoint(0xe0000 + (char.codePointAt(0) ?? 0)))
        .join(''),
    () => Array.from({ length: 12 }, () => pick(random, ['\u200b', '\u200c', '\u200d', '\u2060'])).join(''),
    // The override alone is what nobody sees.
    () => ({ value: `\u202e${letters(random, 'l', 12)}\u202c`, core: '\u202e' }),
  ];
  return pick(random, kinds)();
}

function encoded(random: Random): string {
  const plain = many(
    random,
    10,
    16,
    () => `${pick(random, VERBS)} the ${pick(random, THINGS)} of the ${pick(random, THINGS)}`,
  ).join('. ');
  const kinds = [
    () => Buffer.from(plain).toString('base64'),
    () => Buffer.from(plain).toString('hex'),
    () => gzipSync(plain).toString('base64'),
    () => [...Buffer.from(plain)].map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join(''),
  ];
  return pick(random, kinds)();
}

function encryptedFile(random: Random): string {
  const seed = Buffer.from(letters(random, 'A', 32));
  const cipher = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  const noise = cipher.update(Buffer.alloc(600));
  const kinds = [
    () =>
      `-----BEGIN PGP MESSAGE-----\n\n${(noise.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n=${letters(random, 'B', 4)}\n-----END PGP MESSAGE-----`,
    () => `$ANSIBLE_VAULT;1.1;AES256\n${(noise.toString('hex').match(/.{1,80}/g) ?? []).join('\n')}`,
    () => Buffer.concat([Buffer.from('Salted__'), noise]).toString('base64'),
    () =>
      `-----BEGIN AGE ENCRYPTED FILE-----\n${(noise.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END AGE ENCRYPTED FILE-----`,
  ];
  return pick(random, kinds)();
}

/** Twelve words: 128 random bits and the first four of their hash (BIP 39). */
export function mnemonic(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => int(random, 0, 255)));
  const check = (createHash('sha256').update(bytes).digest()[0] ?? 0) >> 4;
  const bits =
    [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('') + check.toString(2).padStart(4, '0');
  return (bits.match(/.{11}/g) ?? []).map((group) => BIP39_WORDS[Number.parseInt(group, 2)] ?? '').join(' ');
}

function sshConfig(random: Random): string {
  const host = letters(random, 'l', 6);
  return `Host ${host}\n  HostName ${host}.${letters(random, 'l', 6)}.net\n  User ${letters(random, 'l', 5)}\n  Port 2222\n  IdentityFile ~/.ssh/id_${letters(random, 'l', 5)}\n`;
}

/** A file of which the user's key has to be found: the rest tells a name and an address. */
function kubeconfig(random: Random): Made {
  const core = fill(random, '{B200}==');
  const value = fill(
    random,
    `apiVersion: v1\nkind: Config\nclusters:\n- name: {l6}\n  cluster:\n    server: https://{l6}.{l6}.net:6443\nusers:\n- name: {l6}\n  user:\n    token: {A40}\n    client-key-data: ${core}\ncontexts:\n- name: main\ncurrent-context: main\n`,
  );
  return { value, core };
}

export const DOCUMENTS: Readonly<Record<string, (random: Random) => string | Made>> = {
  SOURCE_CODE: sourceCode,
  SQL_DUMP: sqlDump,
  STACK_TRACE_LOG_DUMP: stackTrace,
  BULK_CSV_TABLE: personTable,
  LEGAL_CONTRACT: contract,
  RESUME_CV: resume,
  INVISIBLE_UNICODE: invisible,
  ENCODED_PAYLOAD: encoded,
  ENCRYPTED_OR_UNSCANNABLE_FILE: encryptedFile,
  SSH_CONFIG: sshConfig,
  KUBECONFIG: kubeconfig,
};

const REQUESTS = [
  'Please summarise this for me.',
  'Can you explain what happens here?',
  'Translate the following into plain English.',
  'Is anything wrong with this?',
  'Make this shorter without losing anything.',
  'What should I reply to that?',
  'Check this before I send it on.',
  'Rewrite it so that a beginner understands it.',
  'Which questions does this leave open?',
  'Turn this into a list of points.',
  'Compare it with the last version that I sent.',
];

const WRAPPERS: readonly (readonly [string, Carrier['quoting'], (request: string) => readonly [string, string]])[] = [
  ['plain', 'raw', (request) => [`${request}\n\n`, '\n']],
  ['fenced', 'raw', (request) => [`${request}\n\n\`\`\`\n`, '\n```\n']],
  ['in a mail', 'raw', (request) => [`Hello,\n\n${request}\n\n-- forwarded --\n\n`, '\n\nRegards\n']],
];

/** 33 carriers for documents, a third of them kept for test. */
export const DOCUMENT_CARRIERS: readonly Carrier[] = REQUESTS.flatMap((request) =>
  WRAPPERS.map(([name, quoting, round]) => ({ request, name, quoting, round })),
).map(({ request, name, quoting, round }, index) => ({
  name: `${name}: ${request}`,
  quoting,
  // The wrappers repeat every three, so that the third of them moves on by one each time.
  isForTest: (index + Math.floor(index / 3)) % 3 === 2,
  round: () => round(request),
}));
