/**
 * How a stream of messages is ended by the proxy, in the words of its own protocol, so that the client's library raises
 * its own error: a status in the trailers (gRPC), in a last frame (gRPC-web), in the JSON that ends a stream (Connect).
 */
import { END_STREAM, envelope, TRAILERS } from '../../engine/extract/envelopes.ts';
import type { MessageProtocol } from '../../engine/extract/message-protocols.ts';
import { isProtobufType } from '../../engine/extract/protobuf-walk.ts';
import type { Refusal } from '../../engine/transform/refuse.ts';
import type { Outcome } from '../../flow/event.ts';
import { headerOf } from '../../flow/message.ts';
import type { ClientResponse } from '../client-message.ts';

/** Status codes of gRPC (https://grpc.github.io/grpc/core/md_doc_statuscodes.html) by the names that Connect gives them. */
const CODES = {
  invalid_argument: 3,
  deadline_exceeded: 4,
  permission_denied: 7,
  resource_exhausted: 8,
  internal: 13,
  unavailable: 14,
} as const;

export type EndingCode = keyof typeof CODES;

/** Why a stream is at its end. */
export interface Ending {
  readonly code: EndingCode;
  /** For a person; no value. */
  readonly text: string;
  /** The event that says more. */
  readonly eventId: string;
  readonly outcome: Outcome;
  /** For the record, where the outcome alone does not say why. */
  readonly reason: string | null;
}

/** What is sent instead of, or behind, what the upstream has sent. */
interface EndingBytes {
  readonly body: Buffer;
  readonly trailers: readonly [string, string][];
}

/** The answer where nothing has been sent: the whole of it. `contentType` is the request's. */
export function wholeEnding(
  protocol: MessageProtocol,
  ending: Ending,
  contentType: string,
): { readonly refusal: Refusal; readonly trailers: EndingBytes['trailers'] } {
  const { body, trailers } = endingBytes(protocol, ending);
  const headers = ['content-type', contentType, ...ownFields(ending).flat()];
  return { refusal: { status: 200, headers, body, text: ending.text }, trailers };
}

/** Ends an answer whose head has been sent. */
export function writeEnding(response: ClientResponse, protocol: MessageProtocol, ending: Ending): void {
  const { body, trailers } = endingBytes(protocol, ending);
  if (trailers.length > 0) response.addTrailers(trailers);
  if (body.length > 0) response.end(body);
  else response.end();
}

function endingBytes(protocol: MessageProtocol, ending: Ending): EndingBytes {
  const { code, text } = ending;
  switch (protocol.kind) {
    case 'grpc':
      return { body: Buffer.alloc(0), trailers: statusFields(ending) };
    case 'grpc-web': {
      const lines = statusFields(ending).map(([name, value]) => `${name}: ${value}\r\n`);
      return { body: inStream(protocol, envelope(TRAILERS, Buffer.from(lines.join(''), 'latin1'))), trailers: [] };
    }
    case 'connect': {
      const metadata = Object.fromEntries(ownFields(ending).map(([name, value]) => [name, [value]]));
      const end = JSON.stringify({ error: { code, message: text }, metadata });
      return { body: envelope(END_STREAM, Buffer.from(end, 'utf8')), trailers: [] };
    }
  }
}

/** Codes of Connect by the HTTP status that says the same (https://connectrpc.com/docs/protocol#http-to-error-code). */
const BY_STATUS: ReadonlyMap<number, EndingCode> = new Map([
  [400, 'invalid_argument'],
  [403, 'permission_denied'],
  [408, 'deadline_exceeded'],
  [413, 'resource_exhausted'],
  [502, 'unavailable'],
  [503, 'unavailable'],
  [504, 'deadline_exceeded'],
]);

/**
 * A refusal as it is told to a client that asks for one message and gets one (Connect's unary calls, or any service that
 * takes protobuf); as it is to everybody else. `headers` are the request's.
 */
export function forUnary(refusal: Refusal, headers: readonly string[], outcome: Outcome): Refusal {
  const type = (headerOf(headers, 'content-type') ?? '').split(';', 1)[0] ?? '';
  const isUnary = headerOf(headers, 'connect-protocol-version') !== null || isProtobufType(type.trim().toLowerCase());
  if (!isUnary || refusal.status < 400) return refusal;
  const error = {
    code: outcome === 'blocked' ? 'permission_denied' : (BY_STATUS.get(refusal.status) ?? 'internal'),
    message: refusal.text,
  };
  return { ...refusal, body: Buffer.from(JSON.stringify(error), 'utf8') };
}

/** A message as it goes out: all of some streams is base64, each message by itself. */
export function inStream(protocol: MessageProtocol, bytes: Buffer): Buffer {
  return protocol.isBase64 ? Buffer.from(bytes.toString('base64'), 'latin1') : bytes;
}

function statusFields(ending: Ending): [string, string][] {
  return [
    ['grpc-status', String(CODES[ending.code])],
    ['grpc-message', encodeStatusMessage(ending.text)],
    ...ownFields(ending),
  ];
}

function ownFields({ eventId, outcome }: Ending): [string, string][] {
  const fields: [string, string][] = [['x-weir-event', eventId]];
  if (outcome === 'blocked') fields.push(['x-weir-action', 'block']);
  return fields;
}

/** `grpc-message`: UTF-8, percent-encoded outside of visible ASCII (gRPC over HTTP2, Responses). */
export function encodeStatusMessage(text: string): string {
  let encoded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte >= 0x20 && byte < 0x7f && byte !== 0x25;
    encoded += isPlain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return encoded;
}
