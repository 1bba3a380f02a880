/** Gates for tests: an engine with rules for answers, streams in the shapes of providers, and a clock that is set. */
import { createHash } from 'node:crypto';
import { parsePolicies } from '../../../engine/decide/policy-file.ts';
import { compilePolicies } from '../../../engine/decide/policy-set.ts';
import type { DocumentReader } from '../../../engine/extract/documents.ts';
import type { Engine } from '../../../engine/inspect.ts';
import { createScanner } from '../../../engine/scan/scanner.ts';
import type { WantedTokens } from '../../../engine/transform/conversation.ts';
import { createStreamGate, type StreamFraming, type StreamGate } from '../../../engine/transform/stream/gate.ts';
import { FULL } from '../../../flow/coverage.ts';
import { GENAI, SOURCE } from '../extract/messages.ts';

export const HOLD_MS = 200;
const scanner = createScanner({ least: 0.3 });

/** `entities`: as in a rule, with commas between. */
export function engineFor(entities: string, action = 'redact', more = ''): Engine {
  const text = `apiVersion: weir/v1
kind: Policy
name: answers
match: {directions: [response]}
rules:
  - name: acts
    detect: {entities: [${entities}]${more}}
    action: ${action}
`;
  const { documents, problems } = parsePolicies('answers.yaml', text);
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('; '));
  const policies = compilePolicies(documents);
  return {
    scanner,
    policies,
    fingerprint: (entity, value) => createHash('sha256').update(`${entity} ${value}`).digest('base64url').slice(0, 22),
    onOpaque: { media: 'alert', encoded: 'block' },
    maxDecodedBytes: 1 << 20,
  };
}

export function gateFor(
  engine: Engine,
  framing: StreamFraming = 'sse',
  readDocuments: DocumentReader | null = null,
): StreamGate {
  const gate = createStreamGate(engine, framing, {
    source: SOURCE,
    destination: GENAI,
    shape: null,
    coverage: FULL,
    now: new Date(0),
    usage: null,
    overrides: [],
    readDocuments,
    holdMs: HOLD_MS,
    hasNameModel: false,
  });
  if (gate === null) throw new Error('these rules need the answer whole');
  return gate;
}

/** Carries work out; what it asks for is issued as a conversation would. */
export function run<T>(gate: StreamGate, work: Generator<WantedTokens, T, void>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    gate.tokens.issue(step.value);
  }
}

/** Pieces go in, each `pause` ms after the one before, and the clock is asked as often as the gate wants. */
export function passed(gate: StreamGate, pieces: readonly (string | Buffer)[], pause = 0): string {
  const out: Buffer[] = [];
  let now = 1000;
  for (const piece of pieces) {
    out.push(run(gate, gate.push(Buffer.from(piece), now)));
    for (const until = now + pause; gate.dueAt !== null && gate.dueAt <= until; ) {
      out.push(run(gate, gate.tick(gate.dueAt)));
    }
    now += pause;
  }
  out.push(run(gate, gate.end(now)));
  return Buffer.concat(out).toString('utf8');
}

/** Data of events, parsed; `[DONE]` left out. */
export function eventsOf(stream: string): Record<string, unknown>[] {
  return stream
    .split(/\n\n/)
    .flatMap((event) => event.split('\n').filter((line) => line.startsWith('data: ')))
    .map((line) => line.slice(6))
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Record<string, unknown>);
}

/** One provider's stream of a text in pieces, and what a client makes of it. */
export interface Wire {
  readonly framing: StreamFraming;
  readonly write: (pieces: readonly string[]) => string[];
  readonly read: (stream: string) => string;
}

function sse(data: object, event: string | null = null): string {
  return `${event === null ? '' : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}

type Node = { readonly [key: string]: Node } & readonly Node[] & string;

function texts(stream: string, read: (event: Node) => string | undefined): string {
  return eventsOf(stream)
    .map((event) => read(event as unknown as Node) ?? '')
    .join('');
}

const chatChunk = (delta: object, finish: string | null = null): object => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason: finish }],
});

const anthropic = (delta: (text: string) => object, block: object) => (pieces: readonly string[]) => [
  sse(
    { type: 'message_start', message: { id: 'm', role: 'assistant', model: 'claude', content: [] } },
    'message_start',
  ),
  sse({ type: 'content_block_start', index: 0, content_block: block }, 'content_block_start'),
  ...pieces.map((text) => sse({ type: 'content_block_delta', index: 0, delta: delta(text) }, 'content_block_delta')),
  sse({ type: 'content_block_stop', index: 0 }, 'content_block_stop'),
  sse({ type: 'message_stop' }, 'message_stop'),
];

export const WIRES: Readonly<Record<string, Wire>> = {
  'OpenAI chat': {
    framing: 'sse',
    write: (pieces) => [
      sse(chatChunk({ role: 'assistant', content: '' })),
      ...pieces.map((content) => sse(chatChunk({ content }))),
      sse(chatChunk({}, 'stop')),
      'data: [DONE]\n\n',
    ],
    read: (stream) => texts(stream, (event) => event['choices']?.[0]?.['delta']?.['content']),
  },
  'OpenAI completions': {
    framing: 'sse',
    write: (pieces) => [
      ...pieces.map((text) =>
        sse({ id: 'c', object: 'text_completion', choices: [{ index: 0, text, finish_reason: null }] }),
      ),
      'data: [DONE]\n\n',
    ],
    read: (stream) => texts(stream, (event) => event['choices']?.[0]?.['text']),
  },
  'OpenAI responses': {
    framing: 'sse',
    write: (pieces) => {
      const place = { item_id: 'i', output_index: 0, content_index: 0 };
      const text = pieces.join('');
      const part = { type: 'output_text', text, annotations: [] };
      const item = { id: 'i', type: 'message', role: 'assistant', content: [part] };
      const event = (type: string, data: object) => sse({ type, ...data }, type);
      return [
        event('response.created', { response: { id: 'r', model: 'gpt-4o', output: [] } }),
        ...pieces.map((delta) => event('response.output_text.delta', { ...place, delta })),
        event('response.output_text.done', { ...place, text }),
        event('response.content_part.done', { ...place, part }),
        event('response.output_item.done', { output_index: 0, item }),
        event('response.completed', { response: { id: 'r', model: 'gpt-4o', output: [item] } }),
      ];
    },
    read: (stream) =>
      texts(stream, (event) => (event['type'] === 'response.output_text.delta' ? event['delta'] : undefined)),
  },
  Anthropic: {
    framing: 'sse',
    write: anthropic((text) => ({ type: 'text_delta', text }), { type: 'text', text: '' }),
    read: (stream) => texts(stream, (event) => event['delta']?.['text']),
  },
  Gemini: {
    framing: 'sse',
    write: (pieces) =>
      pieces.map((text, i) =>
        sse({
          candidates: [
            {
              index: 0,
              content: { role: 'model', parts: [{ text }] },
              ...(i === pieces.length - 1 ? { finishReason: 'STOP' } : {}),
            },
          ],
          modelVersion: 'gemini',
        }),
      ),
    read: (stream) => texts(stream, (event) => event['candidates']?.[0]?.['content']?.['parts']?.[0]?.['text']),
  },
  'a list of Gemini': {
    framing: 'json',
    write: (pieces) => [
      '[',
      ...pieces.map(
        (text, i) =>
          `${i === 0 ? '' : ',\r\n'}${JSON.stringify({ candidates: [{ index: 0, content: { role: 'model', parts: [{ text }] } }] })}`,
      ),
      ']',
    ],
    read: (stream) =>
      (JSON.parse(stream) as Node[])
        .map((event) => event['candidates']?.[0]?.['content']?.['parts']?.[0]?.['text'] ?? '')
        .join(''),
  },
};

/** Tool arguments as text, in the shapes that stream them. */
export const ARGUMENT_WIRES: Readonly<Record<string, Wire>> = {
  'OpenAI chat': {
    framing: 'sse',
    write: (pieces) => [
      ...pieces.map((text) => sse(chatChunk({ tool_calls: [{ index: 0, function: { arguments: text } }] }))),
      sse(chatChunk({}, 'tool_calls')),
      'data: [DONE]\n\n',
    ],
    read: (stream) =>
      texts(stream, (event) => event['choices']?.[0]?.['delta']?.['tool_calls']?.[0]?.['function']?.['arguments']),
  },
  Anthropic: {
    framing: 'sse',
    write: anthropic((text) => ({ type: 'input_json_delta', partial_json: text }), {
      type: 'tool_use',
      id: 't',
      name: 'send',
      input: {},
    }),
    read: (stream) => texts(stream, (event) => event['delta']?.['partial_json']),
  },
};

export const THINKING: Wire = {
  framing: 'sse',
  write: anthropic((text) => ({ type: 'thinking_delta', thinking: text }), { type: 'thinking', thinking: '' }),
  read: (stream) => texts(stream, (event) => event['delta']?.['thinking']),
};
