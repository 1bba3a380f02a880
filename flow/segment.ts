/** One piece of text taken out of a message. */

import type { Position, Role } from './role.ts';

export { POSITIONS, type Position, ROLES, type Role } from './role.ts';

/**
 * How a segment's text lies in the bytes it was taken from, outermost first. Each layer turns a span of the
 * layer within into a span of the layer around it; an edit is written back through them in reverse.
 * - `raw`: the text is the bytes themselves
 * - `json`: the inside of a JSON string (between its quotes), escapes undone
 * - `json-number`: a JSON number; an edit turns it into a JSON string
 * - `percent`: percent-encoded (`plus`: `+` means a space), as in a path, a query or a form
 * - `base64`: the text is decoded from the whole run; an edit replaces the whole run with the encoded edited text
 * - `protobuf`: the bytes of a field behind their length, which is the first `prefix` bytes of the span
 */
export type Layer =
  | { readonly kind: 'raw'; readonly start: number; readonly end: number }
  | { readonly kind: 'json'; readonly start: number; readonly end: number }
  | { readonly kind: 'json-number'; readonly start: number; readonly end: number }
  | { readonly kind: 'percent'; readonly start: number; readonly end: number; readonly plus: boolean }
  | { readonly kind: 'base64'; readonly start: number; readonly end: number; readonly urlSafe: boolean }
  | { readonly kind: 'protobuf'; readonly start: number; readonly end: number; readonly prefix: number };

/** Which part of the message the outermost layer's offsets count from. */
export type Part =
  | { readonly kind: 'body' }
  /** The request target as received (path and query). */
  | { readonly kind: 'target' }
  /** The value of one header; `index` counts name/value pairs of the raw header list from 0. */
  | { readonly kind: 'header'; readonly index: number };

export interface Segment {
  /** UTF-8 bytes, all layers undone. */
  readonly text: Buffer;
  /** JSON Pointer (RFC 6901) in a JSON body, `/query/NAME`, `/path`, `/header/NAME`, `/cookie/NAME`, `/form/NAME`, `/part/NAME`. */
  readonly path: string;
  /** The nearest key, field or header name; it counts as context. Null where there is none. */
  readonly label: string | null;
  readonly role: Role;
  readonly position: Position;
  readonly part: Part;
  readonly layers: readonly Layer[];
  /** True where no edit can be made inside: signed thinking, encrypted content, an object key. */
  readonly immutable: boolean;
  /** Base64 of text within it is a segment of its own. */
  readonly isBase64Read?: boolean;
  /** Read across the borders of these: what lies within one, or is found there too, is no finding of this segment. */
  readonly across?: readonly SpanRead[];
}

/** A span of a text, possibly beyond its ends, that is a segment of its own; null where it was read in some other way. */
export interface SpanRead {
  readonly start: number;
  readonly end: number;
  readonly segment: Segment | null;
}
