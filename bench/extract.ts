/**
 * What it costs to take a message apart: `./scripts/node bench/extract.ts`. Microseconds for each extract() of a chat
 * request of 4 KB, a chat completion of 1 KB, an agent's history of 64 KB with tool calls, and a chat of 1 MB; beside
 * JSON.parse and a walk over what it built. Times are processor time of this thread, so that other load on the
 * machine counts little. Ends within some 15 seconds.
 */

import { type Extraction, extract } from '../engine/extract/extract.ts';
import { replacements } from '../engine/transform/replacements.ts';
import { applyEdits } from '../engine/transform/splice.ts';
import type { Verdict } from '../flow/decision.ts';
import type { Finding } from '../flow/finding.ts';
import type { Message } from '../flow/message.ts';
import { bareSource } from '../flow/parties.ts';
import { makePrompts, seeded } from './prompts.ts';

const LIMITS = { maxDecodedBytes: 32 * 1024 * 1024 };
const ROUNDS = 15;
const ROUND_MS = 40;

/** What OpenAI's own client for Node sends. */
const REQUEST_HEADERS = [
  ...['Host', 'api.openai.com', 'Accept', 'application/json', 'Content-Type', 'application/json'],
  ...['User-Agent', 'OpenAI/JS 7.57.0', 'X-Stainless-Retry-Count', '0', 'X-Stainless-Timeout', '600'],
  ...['X-Stainless-Lang', 'js', 'X-Stainless-Package-Version', '7.57.0', 'X-Stainless-OS', 'Linux'],
  ...['X-Stainless-Arch', 'x64', 'X-Stainless-Runtime', 'node', 'X-Stainless-Runtime-Version', 'v24.15.0'],
  ...['Authorization', `Bearer bench-${'x'.repeat(24)}`, 'Connection', 'keep-alive', 'Content-Length', '4096'],
];
/** What OpenAI's API answers with, cookies aside. */
const RESPONSE_HEADERS = [
  ...['Date', 'Thu, 05 Jun 2025 10:00:00 GMT', 'Content-Type', 'application/json', 'Connection', 'keep-alive'],
  ...['openai-organization', 'weir-bench', 'openai-processing-ms', '812', 'openai-version', '2020-10-01'],
  ...['x-ratelimit-limit-requests', '10000', 'x-ratelimit-remaining-requests', '9999'],
  ...['x-request-id', 'req_benchbenchbench', 'Server', 'cloudflare', 'X-Content-Type-Options', 'nosniff'],
];

const MESSAGE: Message = {
  direction: 'request',
  source: bareSource(),
  destination: {
    host: 'api.openai.com',
    port: 443,
    vendor: 'OpenAI',
    category: 'genai',
    country: 'US',
    sanctioned: false,
  },
  method: 'POST',
  target: '/v1/chat/completions',
  status: null,
  headers: REQUEST_HEADERS,
  body: Buffer.alloc(0),
};

function request(body: Buffer): Message {
  return { ...MESSAGE, body };
}

function response(body: Buffer): Message {
  return { ...MESSAGE, direction: 'response', status: 200, headers: RESPONSE_HEADERS, body };
}

/** Bodies of chat requests of about `bytes`. */
function chats(count: number, seed: number, bytes: number): Buffer[] {
  return makePrompts(count, seed, 'api.openai.com', bytes).map((prompt) =>
    prompt.bytes.subarray(prompt.bytes.indexOf('\r\n\r\n') + 4),
  );
}

/** The prose of a chat request. */
function proseOf(body: Buffer): string {
  const { messages } = JSON.parse(body.toString()) as { messages: { content: string }[] };
  return messages[1]?.content ?? '';
}

function completion(content: string): Buffer {
  const message = { role: 'assistant', content, refusal: null, annotations: [] };
  const body = {
    id: 'chatcmpl-benchBENCHbench',
    object: 'chat.completion',
    created: 1749117600,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: 900, completion_tokens: 120, total_tokens: 1020 },
    service_tier: 'default',
    system_fingerprint: 'fp_benchbench',
  };
  return Buffer.from(JSON.stringify(body, null, 2));
}

/** Turns of an agent: a call of a tool with JSON arguments, its output, an answer. */
function agentHistory(seed: number, bytes: number): Buffer {
  const random = seeded(seed);
  const texts = chats(40, seed, 1400).map(proseOf);
  const messages: object[] = [{ role: 'system', content: texts[0] }];
  for (let length = 0, turn = 0; length < bytes - 1500; turn++) {
    const text = texts[turn % texts.length] ?? '';
    const id = `call_${turn}_${Math.floor(random() * 1e6)}`;
    const call = { path: `src/part-${turn}/file.ts`, range: [turn, turn + 40], query: text.slice(0, 60) };
    const made = [
      { role: 'user', content: [{ type: 'text', text: text.slice(0, 300) }] },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id, type: 'function', function: { name: 'read_file', arguments: JSON.stringify(call) } }],
      },
      { role: 'tool', tool_call_id: id, content: text },
      { role: 'assistant', content: text.slice(200, 500) },
    ];
    messages.push(...made);
    length += JSON.stringify(made).length;
  }
  return Buffer.from(JSON.stringify({ model: 'gpt-4o', messages, stream: true, tools: [], tool_choice: 'auto' }));
}

/** The baseline: V8's own parser, and each string of what it built. */
function parseAndWalk(body: Buffer): number {
  return charsIn(JSON.parse(body.toString('utf8')));
}

function charsIn(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  let chars = 0;
  for (const inner of Object.values(value)) chars += charsIn(inner);
  return chars;
}

/** Median microseconds of one call, over rounds that each go through the inputs again and again. */
function medianUs<T>(inputs: readonly T[], work: (input: T) => unknown): number {
  const round = (): number => {
    const before = process.threadCpuUsage();
    const until = performance.now() + ROUND_MS;
    let calls = 0;
    do {
      for (const input of inputs) work(input);
      calls += inputs.length;
    } while (performance.now() < until);
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / calls;
  };
  for (let i = 0; i < 5; i++) round();
  const times = Array.from({ length: ROUNDS }, round).sort((a, b) => a - b);
  return times[ROUNDS >> 1] ?? 0;
}

/** The edit of one e-mail address found in the prompt: label written, body spliced and read again. */
function edit(message: Message, extraction: Extraction, finding: Finding): void {
  const edits = replacements(extraction, [finding], [REDACT], null, () => '');
  applyEdits(message, extraction, edits);
}

const REDACT: Verdict = { finding: 0, action: 'redact', with: 'label' };

function findingIn(extraction: Extraction): Finding | null {
  for (const [segment, { text, role, position, path }] of extraction.segments.entries()) {
    const at = text.indexOf('@');
    if (at === -1) continue;
    const found = { entity: 'EMAIL_ADDRESS', category: 'personal', start: at - 4, end: at + 8, score: 1 } as const;
    return { ...found, recognizer: 'email-address', alternatives: [], segment, path, role, position, fingerprint: '' };
  }
  return null;
}

function line(...cells: readonly (string | number)[]): void {
  const [first = '', ...rest] = cells;
  process.stdout.write(`${String(first).padEnd(34)}${rest.map((cell) => String(cell).padStart(14)).join('')}\n`);
}

const KINDS: Readonly<Record<string, readonly Message[]>> = {
  'chat request, 4 KB': chats(200, 11, 4096).map(request),
  'chat completion, 1 KB': chats(200, 12, 1100).map((body) => response(completion(proseOf(body)))),
  'agent history, 64 KB': [21, 22, 23].map((seed) => request(agentHistory(seed, 64_000))),
  'chat request, 1 MB': chats(1, 31, 1_000_000).map(request),
};

line('µs', 'bytes', 'extract', 'parse + walk', 'ratio');
for (const [kind, messages] of Object.entries(KINDS)) {
  const us = medianUs(messages, (message) => extract(message, LIMITS));
  const plainUs = medianUs(messages, ({ body }) => parseAndWalk(body));
  const bytes = messages.reduce((sum, { body }) => sum + body.length, 0) / messages.length;
  line(kind, bytes.toFixed(0), us.toFixed(1), plainUs.toFixed(1), (us / plainUs).toFixed(2));
}

const edited = (KINDS['chat request, 4 KB'] ?? []).flatMap((message) => {
  const extraction = extract(message, LIMITS);
  const finding = findingIn(extraction);
  return finding === null ? [] : [{ message, extraction, finding }];
});
const editUs = medianUs(edited, ({ message, extraction, finding }) => edit(message, extraction, finding));
line('edit of one address in 4 KB', '', editUs.toFixed(1), '', '');
