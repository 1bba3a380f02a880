/**
 * Events of Bedrock's streams: ConverseStream's (also within Amazon's own models' chunks), and the chunks of models whose
 * documents have no `type`: Llama, Titan, Mistral, Cohere. Anthropic's chunks are Anthropic's events.
 */
import { markReasoning } from './bedrock-converse.ts';
import { get, itemsOf, type JsonNode } from './json.ts';
import { ASSISTANT, type Delta, NOTHING, rawOf, type StreamEvent, scalarsOf } from './stream-event.ts';

/** Amazon's own models put the name of the event, which Converse has in a header, around its members. */
const WRAPPERS = [
  'messageStart',
  'contentBlockStart',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
];
/** Keys of a text that grows, by family. */
const TEXTS = ['generation', 'outputText', 'text'] as const;
const ENDS = ['stop_reason', 'completionReason', 'finish_reason'] as const;

export function isBedrockEvent(bytes: Buffer, root: JsonNode): boolean {
  if (get(bytes, root, 'contentBlockIndex') !== null || get(bytes, root, 'stopReason') !== null) return true;
  if (WRAPPERS.some((key) => get(bytes, root, key)?.kind === 'object')) return true;
  if (get(bytes, root, 'generation') !== null || get(bytes, root, 'outputText') !== null) return true;
  return get(bytes, root, 'is_finished') !== null || itemsOf(get(bytes, root, 'outputs')).length > 0;
}

export function readBedrockEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  for (const name of WRAPPERS) {
    const inner = get(bytes, root, name);
    if (inner?.kind === 'object') return converseEvent(bytes, inner, (event) => `{"${name}":${event}}`);
  }
  if (get(bytes, root, 'contentBlockIndex') !== null || get(bytes, root, 'stopReason') !== null) {
    return converseEvent(bytes, root, (event) => event);
  }
  return chunkEvent(bytes, root);
}

function converseEvent(bytes: Buffer, root: JsonNode, wrap: (event: string) => string): StreamEvent {
  if (get(bytes, root, 'stopReason') !== null) return { ...NOTHING, closes: [''] };
  const index = rawOf(bytes, get(bytes, root, 'contentBlockIndex'));
  if (index === null) return NOTHING;
  const delta = get(bytes, root, 'delta');
  if (delta === null) {
    return get(bytes, root, 'start') === null ? { ...NOTHING, closes: [`conv:${index}:`] } : NOTHING;
  }
  const deltas: Delta[] = [];
  const add = (name: string, node: JsonNode | null, form: Delta['form'], within: (text: string) => string): void => {
    if (node === null || node.kind !== 'string') return;
    const replay = (text: string) => wrap(`{"contentBlockIndex":${index},"delta":${within(JSON.stringify(text))}}`);
    deltas.push({ channel: `conv:${index}:${name}`, path: `/content/${index}/${name}`, form, node, replay });
  };
  add('text', get(bytes, delta, 'text'), 'text', (text) => `{"text":${text}}`);
  const input = get(bytes, get(bytes, delta, 'toolUse'), 'input');
  add('toolUse/input', input, 'json', (text) => `{"toolUse":{"input":${text}}}`);
  const reasoning = get(bytes, delta, 'reasoningContent');
  if (reasoning !== null) markReasoning(bytes, reasoning, ASSISTANT);
  add('reasoningContent/text', get(bytes, reasoning, 'text'), 'signed', (text) => text);
  return { ...NOTHING, deltas };
}

function chunkEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  const deltas: Delta[] = [];
  const closes: string[] = [];
  for (const key of TEXTS) {
    const node = get(bytes, root, key);
    if (node === null || node.kind !== 'string') continue;
    const replay = (text: string) => `{${scalarsOf(bytes, root, key)}"${key}":${JSON.stringify(text)}}`;
    deltas.push({ channel: `model:${key}`, path: `/${key}`, form: 'text', node, replay });
  }
  // Mistral's completions.
  itemsOf(get(bytes, root, 'outputs')).forEach((output, i) => {
    const node = get(bytes, output, 'text');
    if (node?.kind === 'string') {
      const replay = (text: string) => `{"outputs":[{"text":${JSON.stringify(text)},"stop_reason":null}]}`;
      deltas.push({ channel: `model:outputs:${i}`, path: `/outputs/${i}/text`, form: 'text', node, replay });
    }
    if (get(bytes, output, 'stop_reason')?.kind === 'string') closes.push('model:');
  });
  const isOver =
    ENDS.some((key) => get(bytes, root, key)?.kind === 'string') ||
    rawOf(bytes, get(bytes, root, 'is_finished')) === 'true';
  return { ...NOTHING, deltas, closes: isOver ? [''] : closes };
}
