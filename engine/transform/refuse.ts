/**
 * Answers that the proxy gives in place of the provider's, in the provider's own shape, so that its SDK raises its
 * own error (or shows a message). They name entities, counts and places, never a value.
 */
import type { Ruling } from '../../flow/decision.ts';
import type { Finding } from '../../flow/finding.ts';
import type { Shape } from '../extract/extract.ts';
import { anthropicType, providerError } from './provider-error.ts';
import { streamError } from './stream-error.ts';
import { syntheticMessage } from './synthetic-message.ts';

export { type ErrorContent, errorBody } from './provider-error.ts';

/** A whole response; `headers` is a flat list of names and values without content-length. */
export interface Refusal {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: Buffer;
  /** What the body says, in plain text. */
  readonly text: string;
}

export interface RefuseInput {
  readonly shape: Shape | null;
  readonly destinationHost: string;
  readonly ruling: Ruling;
  readonly findings: readonly Finding[];
  /** Indices into the findings that the ruling is about. */
  readonly subject: readonly number[];
  readonly eventId: string;
  readonly status: number;
  /** `message` answers 200 with a synthetic assistant message, where the shape has one. */
  readonly style: 'error' | 'message';
  /** The request asked for a stream. */
  readonly stream: boolean;
  readonly model: string | null;
  /** JSON of the id that the answer has to carry (JSON-RPC); absent or null where there is none. */
  readonly callId?: string | null;
}

/** At most so many places are named. */
const MAX_PLACES = 5;

/** The answer to a blocked request. */
export function refuse(input: RefuseInput): Refusal {
  const places = placesOf(input.findings, input.subject);
  const message = refusalText(input.ruling, places, input.eventId);
  const own = ['x-should-retry', 'false', 'x-weir-event', input.eventId, 'x-weir-action', 'block'];
  if (input.style === 'message') {
    const { shape, model, stream, eventId, callId = null } = input;
    const synthetic = syntheticMessage({ shape, text: message, model, stream, eventId, callId });
    if (synthetic !== null) {
      return {
        status: 200,
        headers: ['content-type', synthetic.contentType, ...own],
        body: synthetic.body,
        text: message,
      };
    }
  }
  const { headers, body } = providerError(input.shape, input.destinationHost, {
    status: input.status,
    message,
    openai: { type: 'policy_violation', code: 'weir_blocked', param: places[0]?.path ?? null },
    anthropic: 'invalid_request_error',
    callId: input.callId ?? null,
  });
  return {
    status: input.status,
    headers: ['content-type', 'application/json', ...headers, ...own],
    body,
    text: message,
  };
}

/** What ends a stream that a rule stops, as a stream of that type tells an error. */
export function streamRefusal(
  input: Omit<RefuseInput, 'style' | 'stream' | 'model'> & { readonly contentType: string },
): Buffer {
  const places = placesOf(input.findings, input.subject);
  return streamError(input.shape, input.destinationHost, input.contentType, {
    status: input.status,
    message: refusalText(input.ruling, places, input.eventId),
    openai: { type: 'policy_violation', code: 'weir_blocked', param: places[0]?.path ?? null },
    anthropic: 'invalid_request_error',
  });
}

/** Findings of one entity at one place. */
export interface Place {
  readonly entity: string;
  readonly path: string;
  count: number;
}

export function placesOf(findings: readonly Finding[], subject: readonly number[]): Place[] {
  const places = new Map<string, Place>();
  for (const index of subject) {
    const finding = findings[index];
    if (finding === undefined) continue;
    const key = `${finding.entity} ${finding.path}`;
    const place = places.get(key);
    if (place !== undefined) place.count++;
    else places.set(key, { entity: finding.entity, path: finding.path || '/', count: 1 });
  }
  return [...places.values()];
}

/** `Blocked by policy NAME/RULE: 2 CREDIT_CARD in /messages/1/content. RULE'S MESSAGE (event ID)`. */
export function refusalText(ruling: Ruling, places: readonly Place[], eventId: string): string {
  const named = places.slice(0, MAX_PLACES).map(({ entity, path, count }) => `${count} ${entity} in ${path}`);
  const more = places.length > MAX_PLACES ? ` and ${places.length - MAX_PLACES} more` : '';
  const what = named.length === 0 ? '' : `: ${named.join(', ')}${more}`;
  const how = ruling.message === null ? '' : ` ${ruling.message.trim()}`;
  return `Blocked by policy ${ruling.policy ?? 'none'}/${ruling.rule ?? 'none'}${what}.${how} (event ${eventId})`;
}

export interface FailureInput {
  readonly shape: Shape | null;
  readonly destinationHost: string;
  readonly status: number;
  /** A code of flow/errors.ts or another fixed word. */
  readonly code: string;
  readonly message: string;
  readonly eventId: string | null;
}

/** The answer where the proxy or an upstream failed: 502, 504, 413, 421 … */
export function failure(input: FailureInput): Refusal {
  const isOurs = input.status >= 500;
  const message = input.eventId === null ? input.message : `${input.message} (event ${input.eventId})`;
  const error = providerError(input.shape, input.destinationHost, {
    status: input.status,
    message,
    openai: { type: isOurs ? 'server_error' : 'invalid_request_error', code: input.code, param: null },
    anthropic: anthropicType(input.status),
  });
  const headers = ['content-type', 'application/json', ...error.headers];
  // An SDK may try a 5xx again; what the client itself has to mend comes back the same.
  if (!isOurs) headers.push('x-should-retry', 'false');
  if (input.eventId !== null) headers.push('x-weir-event', input.eventId);
  return { status: input.status, headers, body: error.body, text: message };
}
