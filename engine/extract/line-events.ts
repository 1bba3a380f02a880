/** Lines of Ollama's streams, and the events in which Amazon Q's answers come (`{"content": …}`, tool input in pieces). */
import { get, type JsonNode } from './json.ts';
import { type Delta, NOTHING, rawOf, type StreamEvent, scalarsOf } from './stream-event.ts';

export function readOllamaLine(bytes: Buffer, root: JsonNode): StreamEvent {
  const deltas: Delta[] = [];
  const message = get(bytes, root, 'message');
  for (const key of ['content', 'thinking']) {
    const node = get(bytes, message, key);
    if (node?.kind !== 'string') continue;
    const replay = (text: string) =>
      `{${scalarsOf(bytes, root)}"message":{"role":"assistant"${key === 'content' ? '' : ',"content":""'},"${key}":${JSON.stringify(text)}}}`;
    deltas.push({ channel: `ollama:${key}`, path: `/message/${key}`, form: 'text', node, replay });
  }
  for (const key of ['response', 'thinking']) {
    const node = get(bytes, root, key);
    if (node?.kind !== 'string') continue;
    const replay = (text: string) => `{${scalarsOf(bytes, root, key)}"${key}":${JSON.stringify(text)}}`;
    deltas.push({ channel: `ollama:generate:${key}`, path: `/${key}`, form: 'text', node, replay });
  }
  return { ...NOTHING, deltas, closes: rawOf(bytes, get(bytes, root, 'done')) === 'true' ? [''] : [] };
}

export function readQEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  const node = get(bytes, root, 'content');
  if (node === null) return NOTHING;
  const replay = (text: string) => `{${scalarsOf(bytes, root, 'content')}"content":${JSON.stringify(text)}}`;
  return { ...NOTHING, deltas: [{ channel: 'content', path: '/content', form: 'text', node, replay }] };
}
