/**
 * URLs whose user part holds a password (RFC 3986 §3.2.1), database and broker addresses among them, each under its
 * own name. The whole URL is the value, since host and password together open the door.
 */
import { byteAt, byteSet, isAlnum, isLetter, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { assembled, type HitExample, type MissExample, type Recognizer } from '../../scan/recognizer.ts';

const SCHEME = byteSet('a-zA-Z0-9+.-');
/** What a password or host may hold here; quotes, spaces and angle brackets end it. Braces are let in to see templates. */
const AUTHORITY = byteSet("a-zA-Z0-9._~%!$&'()*+,;=:@^{}#?[]|-");
const REST = byteSet("a-zA-Z0-9._~%!$&'*+,;=:@/?#[]-");
const MAX_SCHEME = 24;
const MAX_AUTHORITY = 400;
const MAX_REST = 1000;

/** What documentation writes for a password; a password only beside a host that is not an example itself. */
const STOCK_PASSWORDS =
  /^(?:pass|passwd|password|pwd|pw|p|secret|user|username|test|example|token|x+|mypass(?:word)?|yourpassword|\d{1,4})$/i;
const STOCK_USERS = /^(?:user(?:name)?|usr|u|me|myuser|youruser|test|name|login|foo|root|admin|postgres|guest|x|a)?$/i;
const STOCK_HOSTS =
  /^(?:localhost|127\.0\.0\.1|\[::1\]|host(?:name)?|server|myhost|yourhost|db|domain(?:\.com)?|[\w.-]*example(?:\.\w+)+|example|host\.com|company\.com|[\w.-]*\.company\.com|foo|bar|site\.com|test\.com|0\.0\.0\.0)(?::[\w{}]+)?(?:,.*)?$/i;

/** Score of a user part and host; 0 where it is a template. */
export function scoreOf(user: string, password: string, host: string): number {
  if (password === '' || host === '' || /[{}<>]/.test(host)) return 0;
  if (isPlaceholder(password) && !/^\d+$/.test(password)) return 0;
  if (isReference(password) || /[{}]|^\$|^%s/.test(password)) return 0;
  if (STOCK_HOSTS.test(host) && (password === user || password.length <= 3)) return 0.3;
  if (!STOCK_PASSWORDS.test(password)) return 0.9;
  return STOCK_HOSTS.test(host) && STOCK_USERS.test(user) ? 0.3 : 0.6;
}

interface Schemes {
  readonly name: string;
  readonly entity: string;
  readonly schemes: RegExp;
  /** What it counts as besides; CONNECTION_STRING unless said. */
  readonly alsoEntity?: string;
  readonly hits: readonly HitExample[];
  readonly misses: readonly MissExample[];
}

/** What is found is found by `urlWithCredentials`, which reads a URL once and reports it under the name of its scheme. */
function databaseRecognizer(spec: Schemes): Recognizer {
  const { name, entity, hits, misses, alsoEntity = 'CONNECTION_STRING' } = spec;
  return {
    name,
    entity,
    category: 'credential',
    countries: [],
    isWhole: true,
    alsoEntity,
    hits,
    misses,
  };
}

const DATABASES: readonly Schemes[] = [
  {
    name: 'mongodb-uri',
    entity: 'MONGODB_URI',
    schemes: /^mongodb(?:\+srv)?$/,
    hits: [
      example('mongodb', '+srv://app:h7Kd2', 'Lm9@cluster0.ab12.mongodb.net/test?retryWrites=true&w=majority'),
      example('mongodb', '://app:h7Kd2', 'Lm9@h1.corp:27017,h2.corp:27017/db'),
    ],
    misses: [{ text: 'mongodb://localhost:27017/test' }, { text: assembled('mongodb', '://user:pass@localhost/x') }],
  },
  {
    name: 'postgres-uri',
    entity: 'POSTGRES_URI',
    schemes: /^(?:postgres(?:ql)?|postgis|cockroach(?:db)?|redshift)(?:\+\w+)?$/,
    hits: [
      example('postgres', '://postgres:s2Tf2k', '@rLMy@db.corp.net:5434/elephant'),
      example('postgresql', '+asyncpg://nimda:vg498h', 'wegw@10.1.2.3:25060/defaultdb?sslmode=require'),
    ],
    misses: [
      { text: assembled('postgres', '://user:password@localhost:5432/db') },
      { text: assembled('postgres', '://app:$', '{DB_PASSWORD}@db.corp.net/app') },
      { text: 'postgres://db.corp.net/app' },
    ],
  },
  {
    name: 'mysql-uri',
    entity: 'MYSQL_URI',
    schemes: /^(?:mysql|mariadb)(?:\+\w+|x)?$/,
    hits: [example('mysql', '://shop:x9Lk', '2mPq@sql.corp.net/shop')],
    misses: [{ text: assembled('mysql', '://root:<password>@localhost/x') }],
  },
  {
    name: 'redis-uri',
    entity: 'REDIS_URI',
    schemes: /^(?:rediss?|valkeys?)$/,
    hits: [example('redis', '://:p9Lk', '2mPq7@cache.corp.net:6379/0')],
    misses: [{ text: 'redis://localhost:6379' }, { text: assembled('redis', '://:password@localhost:6379') }],
  },
  {
    name: 'snowflake-uri',
    entity: 'SNOWFLAKE',
    schemes: /^snowflake$/,
    hits: [example('snowflake', '://loader:x9Lk', '2mPq@xy12345.eu-central-1/shop?warehouse=wh')],
    misses: [{ text: 'snowflake://xy12345/shop' }],
  },
  {
    name: 'amqp-uri',
    entity: 'AMQP_URI',
    schemes: /^amqps?$/,
    hits: [example('amqps', '://admin:3eCa', '3P@192.168.1.10:5671/vhost')],
    misses: [
      { text: assembled('amqp', '://user:*****@example.com') },
      { text: assembled('amqps', '://username:$password@localhost:5672') },
    ],
  },
  {
    name: 'cloudinary-uri',
    entity: 'CLOUDINARY',
    schemes: /^cloudinary$/,
    alsoEntity: 'URL_WITH_CREDENTIALS',
    hits: [example('cloudinary', '://458210937746125:x9Lk2mPq7Rt4', 'Vw8Zb3Nd6Hf1Js5@shop')],
    misses: [{ text: 'cloudinary://API_KEY:API_SECRET@CLOUD_NAME' }, { text: 'cloudinary://shop/image.png' }],
  },
];

/** A connection string for a database or broker counts as CONNECTION_STRING too. */
export const databaseUris: readonly Recognizer[] = DATABASES.map(databaseRecognizer);

function recognizerOf(scheme: string): Recognizer {
  const at = DATABASES.findIndex((one) => one.schemes.test(scheme));
  return databaseUris[at] ?? urlWithCredentials;
}

/** Tokens that their issuer marks: they are found by themselves, under his name. */
const ISSUED =
  /^(?:gh[oprsu]_|github_pat_|glpat-|gldt-|glcbt-|ATCTT3|ATBB|dckr_[op]at_|hf_|npm_|rubygems_)[\w.=-]{20,}$/;

export const urlWithCredentials: Recognizer = {
  name: 'url-with-credentials',
  entity: 'URL_WITH_CREDENTIALS',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_SCHEME + MAX_AUTHORITY + MAX_REST },
  isWhole: true,
  cues: [{ literal: '://' }],
  findAtCue(passage: Passage, at: number, authorityStart: number): void {
    const text = passage.text;
    const nextSign = passage.indexOf('@', authorityStart);
    if (nextSign === -1 || nextSign - authorityStart > MAX_AUTHORITY || !isAlnum(byteAt(text, at - 1))) return;
    const authorityEnd = runEnd(text, authorityStart, AUTHORITY, MAX_AUTHORITY);
    if (nextSign >= authorityEnd) return;
    const signAt = text.lastIndexOf(0x40, authorityEnd - 1);
    let start = runStart(text, at, SCHEME, MAX_SCHEME);
    while (start < at && !isLetter(byteAt(text, start))) start++;
    const isEscape = byteAt(text, start - 1) === 0x5c && /^[nrt]/.test(passage.ascii(start, start + 1));
    if (isEscape) start++;
    const userPart = passage.slice(authorityStart, signAt);
    const colon = userPart.indexOf(':');
    if (colon === -1 || start >= at) return;
    const host = /^[\w.:,[\]%{}-]*/.exec(passage.slice(signAt + 1, authorityEnd))?.[0] ?? '';
    const score = scoreOf(userPart.slice(0, colon), userPart.slice(colon + 1), host);
    if (score === 0) return;
    let end = runEnd(text, signAt + 1, REST, MAX_REST);
    while (end > signAt + 2 && /[.,;:!?')\]]/.test(passage.ascii(end - 1, end))) end--;
    const recognizer = recognizerOf(passage.ascii(start, at).toLowerCase());
    if (recognizer === urlWithCredentials && ISSUED.test(userPart.slice(colon + 1))) return;
    if (byteAt(text, start - 1) === 0x3a && passage.ascii(start - 5, start - 1).toLowerCase() === 'jdbc') start -= 5;
    passage.report(recognizer, start, end, score);
  },
  hits: [
    example('https', '://deploy:h7Kd2', 'Lm9@ci.corp.net/job/1'),
    example('ftp', '://anna:anon', '123@ftp.trusted.com'),
    example('sqlserver', '://sa:Str0ng', '!Pass@db.corp.net:1433'),
  ],
  misses: [
    { text: 'https://example.com/a:b@c' },
    { text: assembled('https', '://user:password@example.com/') },
    { text: assembled('https', '://$', '{USER}:$', '{PASS}@ci.corp.net/') },
    { text: 'see https://medium.com/@name/post' },
    { text: assembled('git+ssh', '://git@github.com:owner/repo') },
    { text: assembled('http', '://user:pass@host') },
    { text: assembled('http', '://abc:xyz@example.com') },
    { text: assembled('amqp', '://guest:guest@localhost/') },
  ],
};

function example(...pieces: readonly string[]): HitExample {
  const value = assembled(...pieces);
  return { text: `url = "${value}"`, value };
}
