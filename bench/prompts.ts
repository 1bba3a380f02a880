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

/** `count` whole HTTP/1.1 requests to `host`, bodies of about `bodyBytes`. */
export function makePrompts(count: number, seed: number, host: string, bodyBytes = 4096): Prompt[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, index) => {
    const hasFinding = index % Math.round(100 / PERCENT_WITH_FINDING) === 7;
    const body = chatBody(random, bodyBytes, hasFinding);
    const head = [
      'POST /v1/chat/completions HTTP/1.1',
      `Host: ${host}`,
      'Accept: application/json',
      'Content-Type: application/json',
      'User-Agent: weir-bench/1',
      `Authorization: Bearer bench-${'x'.repeat(24)}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
    return { bytes, markAt: bytes.indexOf(MARK) };
  });
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
