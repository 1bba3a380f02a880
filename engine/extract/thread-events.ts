/** Events of the streams of OpenAI's assistants: https://platform.openai.com/docs/api-reference/assistants-streaming */
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Delta, NOTHING, rawOf, type StreamEvent } from './stream-event.ts';

export function readAssistantsEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  const object = textOf(bytes, get(bytes, root, 'object')) ?? '';
  const id = rawOf(bytes, get(bytes, root, 'id')) ?? '""';
  const delta = get(bytes, root, 'delta');
  const own = `{"id":${id},"object":${JSON.stringify(object)}`;
  if (object === 'thread.message.delta') return { ...NOTHING, deltas: messageDeltas(bytes, delta, id, own) };
  if (object === 'thread.run.step.delta') return { ...NOTHING, deltas: stepDeltas(bytes, delta, id, own) };
  const responseId = textOf(bytes, get(bytes, root, 'thread_id'));
  const isOver = /^(?:completed|incomplete|failed|cancelled|expired|requires_action)$/.test(
    textOf(bytes, get(bytes, root, 'status')) ?? '',
  );
  const closes = !isOver ? [] : object === 'thread.run' ? [''] : [`thread:${id}:`];
  return { deltas: [], closes, responseId };
}

function messageDeltas(bytes: Buffer, delta: JsonNode | null, id: string, own: string): Delta[] {
  return itemsOf(get(bytes, delta, 'content')).flatMap((part, at) => {
    const node = get(bytes, get(bytes, part, 'text'), 'value');
    if (node === null || node.kind !== 'string') return [];
    const index = rawOf(bytes, get(bytes, part, 'index')) ?? String(at);
    const replay = (text: string) =>
      `${own},"delta":{"content":[{"index":${index},"type":"text","text":{"value":${JSON.stringify(text)}}}]}}`;
    return [
      { channel: `thread:${id}:${index}`, path: `/content/${index}/text/value`, form: 'text' as const, node, replay },
    ];
  });
}

function stepDeltas(bytes: Buffer, delta: JsonNode | null, id: string, own: string): Delta[] {
  const calls = itemsOf(get(bytes, get(bytes, delta, 'step_details'), 'tool_calls'));
  return calls.flatMap((call, at) => {
    const index = rawOf(bytes, get(bytes, call, 'index')) ?? String(at);
    const type = rawOf(bytes, get(bytes, call, 'type')) ?? '"function"';
    const written = get(bytes, get(bytes, call, 'function'), 'arguments');
    const code = get(bytes, get(bytes, call, 'code_interpreter'), 'input');
    const node = written ?? code;
    if (node === null || node.kind !== 'string') return [];
    const replay = (text: string) => {
      const inner =
        written === null
          ? `"code_interpreter":{"input":${JSON.stringify(text)}}`
          : `"function":{"arguments":${JSON.stringify(text)}}`;
      return `${own},"delta":{"step_details":{"type":"tool_calls","tool_calls":[{"index":${index},"type":${type},${inner}}]}}}`;
    };
    const form = written === null ? ('text' as const) : ('json' as const);
    return [{ channel: `thread:${id}:call:${index}`, path: `/tool_calls/${index}`, form, node, replay }];
  });
}
