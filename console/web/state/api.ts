/**
 * The one way to the server: JSON over /api/v1 on the page's own origin, with the cookie of the session. What fails
 * is an ApiFailure with a sentence for people; a session that has ended is told to whoever listens.
 */
const BASE = '/api/v1';

/** `status` 0: no answer came. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string | null;
  /** What the server adds, such as the places of errors in a policy. */
  readonly detail: unknown;

  constructor(status: number, message: string, code: string | null = null, detail: unknown = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.detail = detail;
  }
}

let onSignedOut: () => void = () => {};

/** Called when an answer says that nobody is signed in. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener;
}

export type Query = Readonly<Record<string, string | number | boolean | null | undefined | readonly string[]>>;

/** `path` with the keys that have a value; a list repeats its key. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(key, String(one));
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

/** Reads. Rejects with ApiFailure, or with the signal's reason where it is aborted. */
export function get<T>(path: string, query: Query = {}, signal: AbortSignal | null = null): Promise<T> {
  return ask<T>('GET', withQuery(path, query), undefined, signal);
}

/** Changes something. */
export function send<T>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
  return ask<T>(method, path, body, null);
}

async function ask<T>(method: string, path: string, body: unknown, signal: AbortSignal | null): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store', signal };
  if (body !== undefined) init.body = JSON.stringify(body);
  const response = await fetch(BASE + path, init).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiFailure(0, 'There is no connection to Weir. It may have been stopped, or is being started again.');
  });
  const text = await response.text();
  const answer: unknown = text === '' ? null : parsed(text);
  if (response.ok) return answer as T;
  if (response.status === 401 && !path.startsWith('/session')) onSignedOut();
  throw failureOf(response.status, answer);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failureOf(status: number, answer: unknown): ApiFailure {
  const fields = typeof answer === 'object' && answer !== null ? answer : {};
  const error = 'error' in fields ? fields.error : null;
  const code = 'code' in fields && typeof fields.code === 'string' ? fields.code : null;
  const message = typeof error === 'string' ? sentence(error) : `The server answered ${status}.`;
  return new ApiFailure(status, message, code, answer);
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
