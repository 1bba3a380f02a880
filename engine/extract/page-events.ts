/**
 * Events of ChatGPT's page, which sends changes to a document: `{"p":"/message/content/parts/0","o":"append","v":"text"}`,
 * after that `{"v":"more text"}` alone, and `{"o":"patch","v":[…]}` for several. Older clients get the whole text so far.
 */
import { get, itemsOf, type JsonNode, textOf } from './json.ts';
import { type Delta, NOTHING, rawOf, type StreamEvent } from './stream-event.ts';

const CHANNEL = 'page:parts';
const PARTS = /\/content\/(?:parts\/\d+|text|thoughts\/.*)$/;

export function readChatPageEvent(bytes: Buffer, root: JsonNode): StreamEvent {
  const responseId = conversationIn(bytes, root) ?? conversationIn(bytes, get(bytes, root, 'v'));
  return { ...changesOf(bytes, root), responseId };
}

/** The conversation that an event names: what the page's next request goes to. */
export function conversationIn(bytes: Buffer, root: JsonNode | null): string | null {
  return textOf(bytes, get(bytes, root, 'conversation_id')) ?? textOf(bytes, get(bytes, root, 'conversationId'));
}

/** Gemini's page: lists `["wrb.fr", …, JSON]`, in whose JSON the conversation's id stands among others. */
export function readPageList(bytes: Buffer, root: JsonNode): StreamEvent {
  for (const item of itemsOf(root)) {
    const [kind, , text] = itemsOf(item);
    if (kind === undefined || textOf(bytes, kind) !== 'wrb.fr' || text?.kind !== 'string') continue;
    const found = /\\"(c_[0-9a-f]{6,64})\\"/.exec(bytes.toString('latin1', text.start, text.end))?.[1];
    if (found !== undefined) return { ...NOTHING, responseId: found };
  }
  return NOTHING;
}

function changesOf(bytes: Buffer, root: JsonNode): StreamEvent {
  const place = textOf(bytes, get(bytes, root, 'p')) ?? '';
  const change = textOf(bytes, get(bytes, root, 'o'));
  const value = get(bytes, root, 'v');
  if (value?.kind === 'array' && (change === 'patch' || change === null)) {
    const deltas = itemsOf(value).flatMap((item) => append(bytes, item, get(bytes, item, 'v')) ?? []);
    return { ...NOTHING, deltas, closes: [CHANNEL] };
  }
  if (value?.kind === 'string' && change === null && place === '') {
    const replay = (text: string) => `{"v":${JSON.stringify(text)}}`;
    return {
      ...NOTHING,
      deltas: [{ channel: CHANNEL, path: '/message/content/parts', form: 'text', node: value, replay }],
    };
  }
  const delta = append(bytes, root, value);
  return delta === null ? { ...NOTHING, closes: [CHANNEL] } : { ...NOTHING, deltas: [delta] };
}

function append(bytes: Buffer, change: JsonNode, value: JsonNode | null): Delta | null {
  const place = get(bytes, change, 'p');
  if (value?.kind !== 'string' || textOf(bytes, get(bytes, change, 'o')) !== 'append') return null;
  if (!PARTS.test(textOf(bytes, place) ?? '')) return null;
  const replay = (text: string) => `{"p":${rawOf(bytes, place)},"o":"append","v":${JSON.stringify(text)}}`;
  return { channel: CHANNEL, path: '/message/content/parts', form: 'text', node: value, replay };
}
