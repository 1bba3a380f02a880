/**
 * Chat requests for the benchmark: valid JSON of about 4 KB, each different, made from a seed so that two runs
 * send the same bytes. One in twenty holds an e-mail address, so that the path of an edit is measured too.
 */

const WORDS =
  `the a of to and in for with on by from as at that this it we they our their customer service report week month plan
review draft note summary change release build test server client queue worker deploy region latency budget ticket
request answer screen button form field table column index query cache store event policy guide page section draft
please rewrite explain compare list check shorten translate describe improve keep add remove before after when while
because without between during every other first second last next small large open closed shared local remote simple
careful steady recent early late weekly yearly common useful clear short long plain formal friendly`.split(/\s+/);

const NAMES = ['anna', 'jonas', 'mira', 'pavel', 'ines', 'tomas', 'lea', 'oskar'];
const MAIL_HOSTS = ['north-mill.com', 'harbour-works.net', 'oak-and-elm.org'];

/** How many of a hundred prompts hold an e-mail address. */
export const PERCENT_WITH_FINDING = 5;

/** A small linear generator (numbers 0 <= n < 1): the same seed gives the same row on every machine. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

/** A request with the place of its 10-letter mark: writing another mark there makes another request of the same length. */
export interface Prompt {
  readonly bytes: Buffer;
  readonly markAt: number;
}

const MARK = 'aaaaa-aaaaa';

/**
 * `small`: 4 KB, `large`: 64 KB, none of it seen before; `grown`: 64 KB of which all but the last 4 KB was sent before;
 * `get`: a small GET.
 */
export type Kind = 'small' | 'large' | 'grown' | 'get';

const SEED = 20_240;

/** Enough of a kind that none comes again soon. */
export function promptsOf(kind: Kind, host: string): Prompt[] {
  switch (kind) {
    case 'small':
      return makePrompts(2000, SEED, host);
    case 'large':
      return makePrompts(250, SEED, host, 64 * 1024);
    case 'grown':
      return makeGrown(250, host);
    case 'get':
      return [requestOf(`GET /things/${MARK} HTTP/1.1`, host, null)];
  }
}

/** `count` whole HTTP/1.1 requests to `host`, bodies of about `bodyBytes`. */
export function makePrompts(count: number, seed: number, host: string, bodyBytes = 4096): Prompt[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const hasFinding = index % Math.round(100 / PERCENT_WITH_FINDING) === 7;
    const body = chatBody(random, bodyBytes, hasFinding);
    return requestOf(CHAT, host, body);
  });
}

const CHAT = 'POST /v1/chat/completions HTTP/1.1';

/** The history is the same in all of them; what is new stands behind it. */
function makeGrown(count: number, host: string): Prompt[] {
  const random = seeded(SEED + 1);
  const turns: { role: string; content: string }[] = [];
  for (let bytes = 0; bytes < 60 * 1024; bytes += 2048) {
    let content = paragraph(random);
    while (content.length < 2048 - 64) content += `\n\n${paragraph(random)}`;
    turns.push({ role: turns.length % 2 === 0 ? 'user' : 'assistant', content });
  }
  return Array.from({ length: count }, () => {
    let content = `Case ${MARK}: ${sentence(random)}`;
    while (content.length < 4096 - 320) content += `\n\n${paragraph(random)}`;
    const messages = [...turns, { role: 'user', content }];
    return requestOf(CHAT, host, JSON.stringify({ model: 'gpt-4o-mini', messages, max_tokens: 256 }));
  });
}

/** A whole request; `further` are lines of its head. */
export function requestOf(line: string, host: string, body: string | null, further: readonly string[] = []): Prompt {
  const head = [
    line,
    `Host: ${host}`,
    'Accept: application/json',
    'User-Agent: weir-bench/1',
    `Authorization: Bearer bench-${'x'.repeat(24)}`,
    ...(body === null ? [] : ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]),
    ...further,
  ];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body ?? ''}`);
  return { bytes, markAt: bytes.indexOf(MARK) };
}

/** A streamed chat request, in which an e-mail address may stand. */
export function streamRequest(host: string, how: 'short' | 'token' | 'open'): Prompt {
  const mail = how === 'token' ? ` Write to anna.draft@${MAIL_HOSTS[0]}.` : '';
  const body = { model: 'gpt-4o-mini', stream: true, messages: [{ role: 'user', content: `Case ${MARK}.${mail}` }] };
  return requestOf(CHAT, host, JSON.stringify(body), [`x-bench-stream: ${how}`]);
}

/** A chat request with one text of so many bytes. */
export function hugeRequest(host: string, bytes: number): Prompt {
  const random = seeded(SEED + 2);
  const part = Array.from({ length: 64 }, () => paragraph(random)).join('\n\n');
  const content = `Case ${MARK}. ${part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes)}`;
  return requestOf(CHAT, host, JSON.stringify({ model: 'gpt-4o-mini', messages: [{ role: 'user', content }] }));
}

/** Writes the letters of `serial` over the mark, so that no two requests of a run are alike. */
export function mark(prompt: Prompt, serial: number): Buffer {
  let rest = serial;
  for (let i = 0; i < MARK.length; i += 1) {
    if (MARK[i] === '-') continue;
    prompt.bytes[prompt.markAt + i] = 97 + (rest % 26);
    rest = Math.floor(rest / 26);
  }
  return prompt.bytes;
}

function chatBody(random: () => number, bodyBytes: number, hasFinding: boolean): string {
  const paragraphs = [`Case ${MARK}: ${sentence(random)}`];
  const mail = `${pick(random, NAMES)}.${pick(random, WORDS)}@${pick(random, MAIL_HOSTS)}`;
  while (paragraphs.join('\n\n').length < bodyBytes - 640) paragraphs.push(paragraph(random));
  if (hasFinding) paragraphs.splice(2, 0, `Send the draft to ${mail} when it is ready.`);
  return JSON.stringify({
    model: 'gpt-4o-mini',
    messages: [
      { role: 'system', content: `You are a careful editor. ${sentence(random)} ${sentence(random)}` },
      { role: 'user', content: paragraphs.join('\n\n') },
    ],
    temperature: 0.2,
    max_tokens: 256,
  });
}

function paragraph(random: () => number): string {
  return Array.from({ length: 3 + Math.floor(random() * 3) }, () => sentence(random)).join(' ');
}

function sentence(random: () => number): string {
  const words = Array.from({ length: 7 + Math.floor(random() * 9) }, () => pick(random, WORDS));
  // One sentence in four holds a number, as prose does: digits are what opens most gates of a scanner.
  if (random() < 0.25) words.splice(3, 0, String(Math.floor(random() * 3000)));
  const text = words.join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function pick(random: () => number, from: readonly string[]): string {
  return from[Math.floor(random() * from.length)] ?? '';
}
