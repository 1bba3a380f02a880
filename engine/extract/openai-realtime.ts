/**
 * OpenAI's realtime API (https://platform.openai.com/docs/api-reference/realtime), and the events of its responses API over
 * a WebSocket: one JSON document a message. Sets zones; reads no text itself.
 */
import type { RealtimeClientEvent } from 'openai/resources/realtime/realtime';
import type { Direction } from '../../flow/decision.ts';
import { get, getAll, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Marks, NO_MARKS, treat } from './marks.ts';
import { markInputItems } from './openai-responses.ts';
import type { Shape } from './shape.ts';
import { readStreamEvent } from './stream-events.ts';
import { METADATA, SYSTEM, USER } from './zone.ts';

/** What a client sends: items of the conversation, settings of the session, orders to answer, audio. */
export function markRealtimeRequest(bytes: Buffer, root: JsonNode<RealtimeClientEvent>): Marks {
  root.zone = METADATA;
  const event: JsonNode = root;
  treat(get(bytes, event, 'audio'), USER, 'media');
  for (const item of getAll(bytes, event, 'item')) markOne(bytes, item);
  for (const key of ['session', 'response']) {
    for (const settings of getAll(bytes, event, key)) {
      for (const text of getAll(bytes, settings, 'instructions')) text.zone = SYSTEM;
      for (const prompt of getAll(bytes, settings, 'prompt')) prompt.zone = USER;
      for (const input of getAll(bytes, settings, 'input')) markInputItems(bytes, input, []);
      const transcription = get(bytes, get(bytes, get(bytes, settings, 'audio'), 'input'), 'transcription');
      for (const prompt of getAll(bytes, transcription, 'prompt')) prompt.zone = SYSTEM;
    }
  }
  return { ...NO_MARKS, model: textOf(bytes, get(bytes, get(bytes, event, 'session'), 'model')) };
}

/** What a server sends over the WebSocket: an event with a piece of text, an item, a part or a whole response. */
export function markServerEvent(bytes: Buffer, root: JsonNode): Marks {
  return { ...NO_MARKS, conversationId: readStreamEvent(bytes, root).responseId };
}

/** One item stands alone in its message, and is new. */
function markOne(bytes: Buffer, item: JsonNode): void {
  markInputItems(bytes, { ...item, kind: 'array', items: [item] } as JsonNode, []);
  for (const part of itemsOf(get(bytes, item, 'content'))) {
    const type = textOf(bytes, get(bytes, part, 'type'));
    if (type === 'input_audio' || type === 'output_audio' || type === 'audio') {
      treat(get(bytes, part, 'audio'), item.zone ?? USER, 'media');
    }
  }
}

/** An answer's own name: what a client's later message refers to. Null where a message is not the beginning of one. */
export function responseIdIn(bytes: Buffer, root: JsonNode): string | null {
  if (textOf(bytes, get(bytes, root, 'type')) !== 'response.created') return null;
  return textOf(bytes, get(bytes, get(bytes, root, 'response'), 'id'));
}

const CLIENT_EVENT =
  /^(?:conversation\.item\.(?:create|retrieve|delete|truncate)|(?:transcription_)?session\.update|response\.(?:create|cancel|steer)|(?:input|output)_audio_buffer\.(?:append|commit|clear))$/;
const SERVER_EVENT = /^(?:(?:transcription_)?session\.(?:created|updated)|conversation\.(?:created|item\.[a-z_.]+))$/;

/** By a message itself, for a path that is nobody's. */
export function shapeOfRealtime(bytes: Buffer, root: JsonNode, direction: Direction): Shape | null {
  if (root.kind !== 'object') return null;
  const type = textOf(bytes, get(bytes, root, 'type'));
  if (type === null || !(direction === 'request' ? CLIENT_EVENT : SERVER_EVENT).test(type)) return null;
  // Over a WebSocket the body of a request for a response stands at the top, with its type.
  return get(bytes, root, 'input') !== null ? 'openai.responses' : 'openai.realtime';
}
