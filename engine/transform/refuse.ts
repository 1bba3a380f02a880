/**
 * Answers that the proxy gives in place of the provider's, in the provider's own shape, so that its SDK raises its
 * own error (or shows a message). They name entities, counts and places, never a value.
 */
import type { Ruling } from '../../flow/decision.ts';
import type { Finding } from '../../flow/finding.ts';
import type { Shape } from '../extract/extract.ts';
import { syntheticMessage } from './synthetic-message.ts';

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
}

/** At most so many places are named. */
const MAX_PLACES = 5;

/** The answer to a blocked request. */
export function refuse(input: RefuseInput): Refusal {
  const places = placesOf(input.findings, input.subject);
  const message = refusalText(input.ruling, places, input.eventId);
  const own = ['x-should-retry', 'false', 'x-weir-event', input.eventId, 'x-weir-action', 'block'];
  if (input.style === 'message') {
    const synthetic = syntheticMessage(input.shape, message, input.model, input.stream, input.eventId);
    if (synthetic !== null) {
      return {
        status: 200,
        headers: ['content-type', synthetic.contentType, ...own],
        body: synthetic.body,
        text: message,
      };
    }
  }
  const param = places[0]?.path ?? null;
  const body = errorBody(input.shape, input.destinationHost, {
    status: input.status,
    message,
    openai: { type: 'policy_violation', code: 'weir_blocked', param },
    anthropic: 'invalid_request_error',
  });
  return { status: input.status, headers: ['content-type', 'application/json', ...own], body, text: message };
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
  const body = errorBody(input.shape, input.destinationHost, {
    status: input.status,
    message,
    openai: { type: isOurs ? 'server_error' : 'invalid_request_error', code: input.code, param: null },
    anthropic: anthropicType(input.status),
  });
  const headers = ['content-type', 'application/json'];
  // An SDK may try a 5xx again; what the client itself has to mend comes back the same.
  if (!isOurs) headers.push('x-should-retry', 'false');
  if (input.eventId !== null) headers.push('x-weir-event', input.eventId);
  return { status: input.status, headers, body, text: message };
}

export interface ErrorContent {
  readonly status: number;
  readonly message: string;
  readonly openai: { readonly type: string; readonly code: string; readonly param: string | null };
  readonly anthropic: string;
}

/** The error of a shape, as JSON. By shape, else by host, else OpenAI's, which most others have taken over. */
export function errorBody(shape: Shape | null, host: string, error: ErrorContent): Buffer {
  const { message } = error;
  switch (familyOf(shape, host)) {
    case 'anthropic':
      return json({ type: 'error', error: { type: error.anthropic, message } });
    case 'gemini':
      return json({ error: { code: error.status, message, status: googleStatus(error.status) } });
    case 'openai': {
      const { type, code, param } = error.openai;
      return json({ error: { message, type, code, param } });
    }
  }
}

function familyOf(shape: Shape | null, host: string): 'openai' | 'anthropic' | 'gemini' {
  if (shape === 'anthropic.messages') return 'anthropic';
  if (shape === 'gemini.generate') return 'gemini';
  if (shape !== null) return 'openai';
  if (/(?:^|\.)(?:anthropic\.com|claude\.(?:ai|com))$/.test(host)) return 'anthropic';
  return /(?:^|[.-])(?:generativelanguage|aiplatform)\.googleapis\.com$/.test(host) ? 'gemini' : 'openai';
}

/** https://docs.anthropic.com/en/api/errors */
function anthropicType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 504:
      return 'timeout_error';
    default:
      return status >= 500 ? 'api_error' : 'invalid_request_error';
  }
}

/** https://cloud.google.com/apis/design/errors#handling_errors */
function googleStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 500:
      return 'INTERNAL';
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return status > 500 ? 'UNAVAILABLE' : 'INVALID_ARGUMENT';
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8');
}
