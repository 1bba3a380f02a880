/**
 * Gemini's Live API over a WebSocket, also at Vertex AI: https://ai.google.dev/api/live. Sets zones; reads no text itself.
 * Clients write its names in camelCase or snake_case, as protobuf's JSON mapping takes both.
 */
import type { Direction } from '../../flow/decision.ts';
import { markContents, markParts } from './gemini-generate.ts';
import { get, getAll, isTrue, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Marks, NO_MARKS, treat } from './marks.ts';
import type { Delta, StreamEvent } from './stream-events.ts';
import { METADATA, SYSTEM, USER, zone } from './zone.ts';

const ASSISTANT = zone('assistant', 'latest');
/** What is heard or seen. */
const MEDIA = ['audio', 'video', 'mediaChunks', 'media_chunks'];

/** `setup`, turns of the conversation, what is said as it is said, results of tools. */
export function markLiveRequest(bytes: Buffer, root: JsonNode): Marks {
  root.zone = METADATA;
  const setup = get(bytes, root, 'setup');
  for (const key of ['systemInstruction', 'system_instruction']) {
    for (const system of getAll(bytes, setup, key)) system.zone = SYSTEM;
  }
  for (const content of bothOf(bytes, root, 'clientContent', 'client_content')) {
    for (const turns of getAll(bytes, content, 'turns')) markContents(bytes, turns, []);
  }
  for (const input of bothOf(bytes, root, 'realtimeInput', 'realtime_input')) {
    input.zone = USER;
    for (const key of MEDIA) {
      for (const media of getAll(bytes, input, key)) {
        for (const blob of media.kind === 'array' ? itemsOf(media) : [media])
          treat(get(bytes, blob, 'data'), USER, 'media');
      }
    }
  }
  for (const result of bothOf(bytes, root, 'toolResponse', 'tool_response')) result.zone = zone('tool', 'latest');
  return { ...NO_MARKS, model: textOf(bytes, get(bytes, setup, 'model')) };
}

/** Text of the model's turn and of what was said and heard; null where the message is none of this API's. */
export function readLiveEvent(bytes: Buffer, root: JsonNode): StreamEvent | null {
  const content = get(bytes, root, 'serverContent');
  if (content === null) return null;
  root.zone = ASSISTANT;
  const deltas: Delta[] = [];
  const add = (name: string, node: JsonNode | null, wrap: (text: string) => string): void => {
    if (node?.kind !== 'string') return;
    const replay = (text: string): string => `{"serverContent":{${wrap(JSON.stringify(text))}}}`;
    deltas.push({ channel: `live:${name}`, path: `/serverContent/${name}`, form: 'text', node, replay });
  };
  for (const parts of getAll(bytes, get(bytes, content, 'modelTurn'), 'parts')) {
    markParts(bytes, parts, ASSISTANT);
    for (const part of itemsOf(parts)) {
      const thought = isTrue(bytes, get(bytes, part, 'thought'));
      add(thought ? 'thought' : 'text', get(bytes, part, 'text'), (text) => {
        return `"modelTurn":{"parts":[{"text":${text}${thought ? ',"thought":true' : ''}}]}`;
      });
    }
  }
  for (const name of ['outputTranscription', 'inputTranscription']) {
    add(name, get(bytes, get(bytes, content, name), 'text'), (text) => `"${name}":{"text":${text}}`);
  }
  const isOver = ENDS.some((key) => isTrue(bytes, get(bytes, content, key)));
  return { deltas, closes: isOver ? ['live:'] : [], responseId: null };
}

const ENDS = ['turnComplete', 'generationComplete', 'interrupted'];

/** By a message itself, for a path that is nobody's. */
export function shapeOfLive(bytes: Buffer, root: JsonNode, direction: Direction): 'gemini.live' | null {
  const has = (...path: string[]): boolean =>
    path.reduce<JsonNode | null>((node, key) => get(bytes, node, key), root) !== null;
  const isLive =
    direction === 'response'
      ? has('serverContent') || has('setupComplete')
      : has('setup', 'model') ||
        has('clientContent', 'turns') ||
        has('client_content', 'turns') ||
        has('toolResponse', 'functionResponses') ||
        has('tool_response', 'function_responses') ||
        [...MEDIA, 'text'].some((key) => has('realtimeInput', key) || has('realtime_input', key));
  return isLive ? 'gemini.live' : null;
}

function bothOf(bytes: Buffer, root: JsonNode, camel: string, snake: string): JsonNode[] {
  return [...getAll(bytes, root, camel), ...getAll(bytes, root, snake)];
}
