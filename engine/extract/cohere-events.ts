/** Events of Cohere's streams: version 2 has a `type`, version 1 an `event_type`. https://docs.cohere.com/docs/streaming */
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Delta, NOTHING, rawOf, type StreamEvent, scalarsOf } from './stream-event.ts';

/** Version 2. */
export function readCohereEvent(bytes: Buffer, root: JsonNode, type: string): StreamEvent {
  if (type === 'message-end') return { ...NOTHING, closes: [''] };
  const index = rawOf(bytes, get(bytes, root, 'index')) ?? '0';
  if (type === 'content-end' || type === 'tool-call-end') return { ...NOTHING, closes: [`cohere:${index}:`] };
  const message = get(bytes, get(bytes, root, 'delta'), 'message');
  const deltas: Delta[] = [];
  const add = (name: string, node: JsonNode | null, form: Delta['form'], within: (text: string) => string): void => {
    if (node === null || node.kind !== 'string') return;
    const kind = type.replace('-start', '-delta');
    const replay = (text: string) =>
      `{"type":"${kind}","index":${index},"delta":{"message":${within(JSON.stringify(text))}}}`;
    deltas.push({ channel: `cohere:${index}:${name}`, path: `/message/${name}/${index}`, form, node, replay });
  };
  const content = get(bytes, message, 'content');
  add('content', get(bytes, content, 'text'), 'text', (text) => `{"content":{"text":${text}}}`);
  add('thinking', get(bytes, content, 'thinking'), 'text', (text) => `{"content":{"thinking":${text}}}`);
  add('tool_plan', get(bytes, message, 'tool_plan'), 'text', (text) => `{"tool_plan":${text}}`);
  const calls = get(bytes, message, 'tool_calls');
  const call = calls?.kind === 'array' ? (itemsOf(calls)[0] ?? null) : calls;
  add(
    'tool_calls',
    get(bytes, get(bytes, call, 'function'), 'arguments'),
    'json',
    (text) => `{"tool_calls":{"function":{"arguments":${text}}}}`,
  );
  return { ...NOTHING, deltas };
}

/** Version 1: lines of JSON, or events. */
export function readCohereLine(bytes: Buffer, root: JsonNode): StreamEvent {
  switch (textOf(bytes, get(bytes, root, 'event_type'))) {
    case 'text-generation': {
      const node = get(bytes, root, 'text');
      if (node === null || node.kind !== 'string') return NOTHING;
      const replay = (text: string) => `{${scalarsOf(bytes, root, 'text')}"text":${JSON.stringify(text)}}`;
      return { ...NOTHING, deltas: [{ channel: 'cohere:text', path: '/text', form: 'text', node, replay }] };
    }
    case 'tool-calls-chunk':
      return callChunk(bytes, root);
    case 'tool-calls-generation':
    case 'stream-end':
      return { ...NOTHING, closes: [''] };
    default:
      return NOTHING;
  }
}

function callChunk(bytes: Buffer, root: JsonNode): StreamEvent {
  const call = get(bytes, root, 'tool_call_delta');
  const index = rawOf(bytes, get(bytes, call, 'index')) ?? '0';
  const deltas: Delta[] = [];
  const parameters = get(bytes, call, 'parameters');
  if (parameters?.kind === 'string') {
    const replay = (text: string) =>
      `{${scalarsOf(bytes, root)}"tool_call_delta":{"index":${index},"parameters":${JSON.stringify(text)}}}`;
    const path = `/tool_calls/${index}/parameters`;
    deltas.push({ channel: `cohere:call:${index}`, path, form: 'json', node: parameters, replay });
  }
  return { ...NOTHING, deltas };
}
