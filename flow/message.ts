/** One request or response as the engine sees it. */
import type { Direction } from './decision.ts';
import type { Destination, Source } from './parties.ts';

export interface Message {
  readonly direction: Direction;
  readonly source: Source;
  readonly destination: Destination;
  /** `POST`; of a response, that of its request. */
  readonly method: string;
  /** Path and query as received, `/v1/chat/completions?x=1`; of a response, that of its request. */
  readonly target: string;
  /** Status of a response; null for a request. */
  readonly status: number | null;
  /** Flat list of names and values as received: [name, value, name, value …]. */
  readonly headers: readonly string[];
  /** The body as received, content codings not undone. */
  readonly body: Buffer;
  /** One message of a stream (WebSocket, gRPC): target and headers are those that opened it and were inspected with it. */
  readonly isWithinStream?: boolean;
}

/** Header names as they were met: the same few come with every message. Bounded, since senders choose them. */
const names = new Map<string, { readonly sent: string; readonly lower: string }>();
const MAX_NAMES = 1000;
const MAX_NAME_CHARS = 64;

/** A header's name in lower case. */
export function lowerName(name: string): string {
  return names.get(name)?.lower ?? met(name).lower;
}

/** The same name, as the one string that it was first met as: comparing and looking up that one costs next to nothing. */
export function sameName(name: string): string {
  return names.get(name)?.sent ?? met(name).sent;
}

function met(name: string): { readonly sent: string; readonly lower: string } {
  if (name.length > MAX_NAME_CHARS || names.size >= MAX_NAMES) return { sent: name, lower: name.toLowerCase() };
  const known = { sent: internalized(name), lower: internalized(name.toLowerCase()) };
  names.set(known.sent, known);
  return known;
}

/** As a property's key a string is one with every literal of its letters, and not a part of the head that it was cut out of. */
function internalized(text: string): string {
  return Object.keys({ [text]: true })[0] ?? text;
}

/** The first value of a header, by lower-case name; null where there is none. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const sent = headers[i] as string;
    if (sent.length === name.length && lowerName(sent) === name) return headers[i + 1] as string;
  }
  return null;
}
