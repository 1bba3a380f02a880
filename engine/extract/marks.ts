/** What a provider's file says of a body besides the zones that it sets on the nodes. */
import { isKey, type JsonNode, stringBytes } from './json.ts';
import { METADATA, type Treatment, type Zone, zone } from './zone.ts';

export interface Marks {
  /** The provider's own name of the conversation. */
  readonly conversationId: string | null;
  /** Text of the first user turn, parts joined by line feeds. */
  readonly firstUserText: FirstText;
  /** The model, where it stands elsewhere than under `model` at the top. */
  readonly model?: string | null;
  /** JSON of the id by which an answer is matched to this call (JSON-RPC). */
  readonly callId?: string | null;
  /** The method that is called (JSON-RPC). */
  readonly rpcMethod?: string | null;
}

/** Made only when asked for: of most messages nobody wants to know it, and it is as long as a prompt. */
export type FirstText = () => string | null;

export const NO_TEXT: FirstText = () => null;
export const NO_MARKS: Marks = { conversationId: null, firstUserText: NO_TEXT };

/** The text of the first content that has any. */
export function firstTextOf(bytes: Buffer, contents: readonly (JsonNode | null)[]): FirstText {
  if (contents.length === 0) return NO_TEXT;
  return () => {
    for (const content of contents) {
      const text = contentText(bytes, content);
      if (text !== null) return text;
    }
    return null;
  };
}

/** Gives a node another treatment within the zone around it. */
export function treat(node: JsonNode | null, around: Zone, treatment: Treatment): void {
  if (node !== null) node.zone = zone(around.role, around.position, treatment);
}

/** Unix time in seconds has this many digits until 2286. */
const TIME_DIGITS = 10;

/** When an answer was made, as its provider says: no number of anybody's, though many kinds of ids are as long. */
export function skipTime(node: JsonNode | null): void {
  if (node?.kind === 'number' && node.end - node.start === TIME_DIGITS) treat(node, METADATA, 'skip');
}

/** All strings of a content (a string, or parts with `text`) joined by line feeds; null where there is none. */
function contentText(bytes: Buffer, content: JsonNode | null, key = 'text'): string | null {
  if (content === null) return null;
  if (content.kind === 'string') return wholeText(bytes, content);
  const texts: string[] = [];
  for (const part of content.items) {
    if (part.kind === 'string') texts.push(wholeText(bytes, part));
    for (let i = 0; i < part.keys.length; i++) {
      const name = part.keys[i] as JsonNode;
      const value = part.items[i] as JsonNode;
      if (value.kind === 'string' && isKey(bytes, name, key)) texts.push(wholeText(bytes, value));
    }
  }
  return texts.length === 0 ? null : texts.join('\n');
}

/** By way of the bytes, which the walk needs as well: a long text has its escapes undone once. */
function wholeText(bytes: Buffer, node: JsonNode): string {
  return stringBytes(bytes, node).toString('utf8');
}
