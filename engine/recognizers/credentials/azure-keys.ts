/**
 * Keys of Azure services that Microsoft marks: the annotated key of 84 characters (`JQQJ99…`, the provider and a Marvin32
 * checksum at its end), and the identifiable ones before it, which hold a signature of the service six places or so
 * before their end. The plain forms of 32 and 52 characters count beside the name of the service.
 */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteAt, byteSet, isIn } from '../../scan/bytes.ts';
import { marvin32 } from '../../scan/checksums.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { isRandom } from '../../scan/randomness.ts';
import { assembled, type Cue, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody, HEX_DIGITS } from '../../scan/token.ts';
import { azureStorageKey } from './azure.ts';

const BASE62 = byteSet('a-zA-Z0-9');
const MARK_AT = 52;
const ANNOTATED = 84;
const FORM = /^[A-Za-z0-9]{52}JQQJ[A-Z0-9]{2}[A-Za-z0-9][A-L][A-Za-z0-9]{16}[A-Za-z][A-Za-z0-9]{7}$/;
/** Where the four characters of the provider stand. */
const PROVIDER_AT = 76;

/** Halves of the seed: the bytes of `Default0`, the first as the highest. */
const SEED = Buffer.from('Default0');

/** The last four characters of an annotated key: base64 of the three lowest bytes of the hash of all before. */
function checksumOf(head: string): string {
  const hash = marvin32(Buffer.from(head, 'base64'), SEED.readUInt32BE(4), SEED.readUInt32BE(0));
  return Buffer.from([hash & 0xff, (hash >>> 8) & 0xff, (hash >>> 16) & 0xff]).toString('base64');
}

/** An annotated key of a provider; `seed` moves on until its checksum has no sign in it, as the issuer does. */
function annotated(provider: string): string {
  for (let seed = 3; ; seed++) {
    const head = assembled(exampleBody(52, seed), 'JQ', 'QJ9', '9BF', 'ACYeBjFXJ3w3AAAA', provider);
    const check = checksumOf(head);
    if (/^[A-Za-z0-9]{4}$/.test(check)) return head + check;
  }
}

const openAi = annotated('ACOG');
const devOps = annotated('AZDO');
const other = annotated('APIM');
const wrongSum = `${openAi.slice(0, -4)}0000`;

/** Found by `azureKey`, which reads an annotated key and reports it under the name of its provider. */
export const azureOpenAiAnnotated: Recognizer = {
  name: 'azure-openai-annotated',
  entity: 'AZURE_OPENAI_KEY',
  category: 'credential',
  countries: [],
  hits: [
    { text: `api_key="${openAi}"`, value: openAi, atLeast: 1 },
    { text: `api-key: ${wrongSum}`, value: wrongSum, atLeast: 0.8 },
  ],
  misses: [{ text: devOps }, { text: `${openAi}0` }],
};

/** Found by `azureKey` as well. */
export const azureDevOpsAnnotated: Recognizer = {
  name: 'azure-devops-annotated',
  entity: 'AZURE_DEVOPS_PAT',
  category: 'credential',
  countries: [],
  hits: [{ text: `azure devops pat = ${devOps}`, value: devOps, atLeast: 1 }],
  misses: [{ text: openAi }, { text: devOps.slice(1) }],
};

function recognizerOf(provider: string): Recognizer {
  if (provider === 'AZDO') return azureDevOpsAnnotated;
  return provider === 'ACOG' ? azureOpenAiAnnotated : azureKey;
}

function findAnnotated(passage: Passage, markAt: number): void {
  const text = passage.text;
  const start = markAt - MARK_AT;
  if (start < 0 || (isIn(BASE62, byteAt(text, start - 1)) && byteAt(text, start - 2) !== 0x5c)) return;
  const end = start + ANNOTATED;
  const key = passage.ascii(start, end);
  if (!FORM.test(key) || isIn(BASE62, byteAt(text, end)) || isPlaceholder(key.slice(0, MARK_AT))) return;
  const isRight = checksumOf(key.slice(0, -4)) === key.slice(-4);
  passage.report(recognizerOf(key.slice(PROVIDER_AT, PROVIDER_AT + 4)), start, end, isRight ? 1 : 0.95);
}

interface Signed {
  readonly signature: string;
  /** Characters before the signature, and behind it with the padding. */
  readonly before: number;
  readonly behind: RegExp;
  readonly storage?: boolean;
}

/** Signatures of the identifiable keys, by service: of 64 bytes, 32 bytes, and the odd ones. */
const SIGNED: readonly Signed[] = [
  { signature: '+ASt', before: 76, behind: /^[A-Za-z0-9+/]{5}[AQgw]==/, storage: true },
  ...['ACDb', '+ABa', '+AMC'].map((signature) => ({ signature, before: 76, behind: /^[A-Za-z0-9+/]{5}[AQgw]==/ })),
  ...['AIoT', '+ASb', '+AEh', '+ARm', 'AzCa'].map((signature) => ({
    signature,
    before: 33,
    behind: /^[A-Za-z0-9+/]{5}[AEIMQUYcgkosw048]=/,
  })),
  { signature: 'AzFu', before: 44, behind: /^[A-Za-z0-9_-]{5}[AQgw]==/ },
  { signature: 'AzSe', before: 42, behind: /^[A-D][A-Za-z0-9]{5}(?![A-Za-z0-9])/ },
  { signature: '+ACR', before: 42, behind: /^[A-D][A-Za-z0-9+/]{5}(?![A-Za-z0-9+/=])/ },
];

const SIGNED_BODY = byteSet('A-Za-z0-9+/_-');

function findSigned(passage: Passage, at: number, end: number, cue: Cue): void {
  const text = passage.text;
  for (const one of SIGNED) {
    if (one.signature !== cue.literal) continue;
    const start = at - one.before;
    if (start < 0 || isIn(SIGNED_BODY, byteAt(text, start - 1))) continue;
    const head = passage.ascii(start, at);
    const behind = one.behind.exec(passage.ascii(end, end + 12))?.[0];
    if (behind === undefined || !/^[A-Za-z0-9+/_-]+$/.test(head) || isPlaceholder(head)) continue;
    passage.report(one.storage === true ? azureStorageKey : azureKey, start, end + behind.length, 0.97);
  }
}

const iotKey = assembled(exampleBody(33, 3), 'AI', 'oT', exampleBody(5, 5), 'A=');
const searchKey = assembled(exampleBody(42, 3), 'Az', 'Se', 'A', exampleBody(5, 5));
const appConfig = assembled(exampleBody(43, 9), '=');

export const azureKey: Recognizer = {
  name: 'azure-key',
  entity: 'AZURE_KEY',
  category: 'credential',
  countries: [],
  cues: [
    { literal: 'JQQJ', exact: true },
    ...SIGNED.map(({ signature }) => ({ literal: signature, exact: true })),
    { literal: '.azconfig.io;Id=' },
  ],
  findAtCue(passage: Passage, start: number, end: number, cue: Cue): void {
    if (cue.literal === 'JQQJ') findAnnotated(passage, start);
    else if (cue.literal.startsWith('.az')) findConfiguration(passage, end);
    else findSigned(passage, start, end, cue);
  },
  hits: [
    { text: `Ocp-Apim-Subscription-Key: ${other}`, value: other, atLeast: 1 },
    { text: `SharedKey "${iotKey}"`, value: iotKey, atLeast: 0.8 },
    { text: `SEARCH_ADMIN=${searchKey}`, value: searchKey, atLeast: 0.8 },
    { text: `Endpoint=https://demo.azconfig.io;Id=ab-l0-s0:x1;Secret=${appConfig}`, value: appConfig, atLeast: 0.8 },
  ],
  misses: [
    { text: 'JQQJ99' },
    { text: exampleBody(84, 3) },
    { text: assembled('x'.repeat(33), 'AI', 'oT', 'xxxxxA=') },
    { text: 'Endpoint=https://contoso.azconfig.io;Id=xxx;Secret=xxx' },
  ],
};

/** The secret in a connection string of App Configuration: `Endpoint=…;Id=…;Secret=…`. */
function findConfiguration(passage: Passage, from: number): void {
  const rest = passage.ascii(from, from + 160);
  const secret = /^[^;\s"']{1,80};Secret=([A-Za-z0-9+/]{30,88}={0,2})/.exec(rest);
  const value = secret?.[1];
  if (secret === null || value === undefined || isPlaceholder(value)) return;
  const end = from + secret[0].length;
  passage.report(azureKey, end - value.length, end, 0.95);
}

const openAiHex = exampleBody(32, 13, HEX_DIGITS);

export const azureOpenAiNamed = assignedToken({
  name: 'azure-openai-named',
  entity: 'AZURE_OPENAI_KEY',
  words: [
    'azure openai',
    'openai.azure.com',
    'cognitiveservices.azure.com',
    'azure_api_key',
    'ocp-apim-subscription-key',
  ],
  body: byteSet('0-9a-f'),
  min: 32,
  max: 32,
  hits: [
    { text: `AZURE_OPENAI_API_KEY=${openAiHex}`, value: openAiHex, atLeast: 0.8 },
    {
      text: `curl https://demo.openai.azure.com/openai -H "api-key: ${openAiHex}"`,
      value: openAiHex,
      atLeast: 0.8,
    },
  ],
  misses: [{ text: `azure_openai_request_id=${openAiHex}` }, { text: `key=${openAiHex}` }],
});

const patBefore = exampleBody(52, 17).toLowerCase();

export const azureDevOpsNamed = assignedToken({
  name: 'azure-devops-named',
  entity: 'AZURE_DEVOPS_PAT',
  words: [
    'azure devops',
    'ado_pat',
    'ado_token',
    'dev.azure.com',
    'visualstudio.com',
    'personal access token',
    'vsts_',
    // Scripts for it are most often PowerShell.
    '$token',
    '$pat',
  ],
  body: byteSet('a-z0-9'),
  min: 52,
  max: 52,
  hits: [
    { text: `AZURE_DEVOPS_EXT_PAT=${patBefore}`, value: patBefore, atLeast: 0.8 },
    { text: `var personalAccessToken = "${patBefore}";`, value: patBefore, atLeast: 0.8 },
    { text: `$token = "${patBefore}"`, value: patBefore, atLeast: 0.8 },
    { text: `https://dev.azure.com/demo -u ":" --token ${patBefore}`, value: patBefore, atLeast: 0.8 },
  ],
  misses: [{ text: patBefore }, { text: `azure devops build ${patBefore}` }],
});

const searchBefore = exampleBody(52, 19);
const cosmosKey = assembled(exampleBody(86, 21), '==');

/** Keys of search services (32 or 52 letters and digits) and of Cosmos DB accounts (64 bytes in base64), beside the name. */
export const azureNamed = assignedToken({
  name: 'azure-named',
  entity: 'AZURE_KEY',
  words: ['azure search', 'search.windows.net', 'cosmos db', 'cosmos key', 'documents.azure.com'],
  body: byteSet('a-zA-Z0-9+/'),
  isPadded: true,
  min: 32,
  max: 88,
  lengths: [32, 52, 88],
  shape: (value) => isRandom(value) && (value.length === 88 ? value.endsWith('==') : !/[+/=]/.test(value)),
  near: 0.4,
  // Above what a key of a storage account is, whose form is the same.
  assigned: 0.99,
  hits: [
    { text: `azure_search_key = ${searchBefore}`, value: searchBefore, atLeast: 0.8 },
    { text: `Azure search key: ${searchBefore}`, value: searchBefore, atLeast: 0.8 },
    { text: `COSMOS_DB_ACCOUNT_KEY=${cosmosKey}`, value: cosmosKey, atLeast: 0.8 },
  ],
  misses: [
    { text: `azure_search_index: ${searchBefore}` },
    { text: searchBefore },
    { text: `cosmos db etag ${cosmosKey}` },
  ],
});
