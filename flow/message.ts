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
}

/** The first value of a header, by lower-case name; null where there is none. */
export function headerOf(headers: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < headers.length; i += 2) {
    if (headers[i]?.toLowerCase() === name) return headers[i + 1] ?? null;
  }
  return null;
}
