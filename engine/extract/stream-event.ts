/** What an event of a stream says of the texts that it adds to, and the means to write one like it. */
import type { JsonNode } from './json.ts';
import { zone } from './zone.ts';

/** One piece of a growing text. */
export interface Delta {
  /** Names the text within its stream. */
  readonly channel: string;
  /** Where it stands, for people. */
  readonly path: string;
  /** `json`: a fragment of JSON text (tool arguments); `signed`: never rewritten. */
  readonly form: 'text' | 'json' | 'signed';
  /** The string in the event. */
  readonly node: JsonNode;
  /** The event's data with nothing in it but `text` for this channel, in the same form; for text held back. */
  readonly replay: (text: string) => string;
}

export interface StreamEvent {
  readonly deltas: readonly Delta[];
  /** Beginnings of names of channels that get nothing after this event; `''` closes all. */
  readonly closes: readonly string[];
  /** Id of a response in OpenAI's responses shape. */
  readonly responseId: string | null;
}

/** Adds to nothing and ends nothing. */
export const NOTHING: StreamEvent = { deltas: [], closes: [], responseId: null };
export const ASSISTANT = zone('assistant', 'latest');

/** Members of an event that are strings, numbers or literals, as they stand, each with a comma behind. */
export function scalarsOf(bytes: Buffer, root: JsonNode, but: string | null = null): string {
  let text = '';
  for (let i = 0; i < root.items.length; i++) {
    const key = root.keys[i] as JsonNode<string>;
    const value = root.items[i] as JsonNode;
    if (value.kind === 'object' || (value.kind === 'array' && value.items.length > 0)) continue;
    const name = rawOf(bytes, key) as string;
    // `obfuscation` only evens out the length of the event that it stands in.
    if (name === `"${but}"` || name === '"obfuscation"') continue;
    text += `${name}:${rawOf(bytes, value)},`;
  }
  return text;
}

export function trailing(scalars: string): string {
  return scalars === '' ? '' : `,${scalars.slice(0, -1)}`;
}

/** A node's own bytes as text. */
export function rawOf(bytes: Buffer, node: JsonNode | null): string | null {
  return node === null ? null : bytes.toString('utf8', node.start, node.end);
}
