/**
 * Everything under /api/v1 as HTTP: who asks, whether they may, whether what they send fits, and then the desk. What cannot be
 * read or is not allowed never reaches a handler.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mayAct } from '../../flow/access.ts';
import type { HomePaths } from '../../store/home.ts';
import { send, sendJson } from '../answers.ts';
import { Attempts } from './attempts.ts';
import type { Answered, Asked, Desk, FailureCode } from './desk.ts';
import { openApiDocument } from './openapi.ts';
import { askingPage, isEncrypted } from './origin.ts';
import { CALLBACK_PATH, type ProviderSignIn } from './provider-sign-in.ts';
import { ROUTES, type Route, type RouteId } from './routes.ts';
import { read, readQuery } from './schema.ts';
import { type SessionState, signInAtProvider, signIn as signInShape } from './shapes.ts';
import { cookieOf, cookieText, type OneTimeCode, signIn, signOut, type Visitor, visitorOf } from './sign-in.ts';

export interface ApiOptions {
  readonly home: HomePaths;
  readonly desk: Desk;
  /** Of the link that was printed; null where none was. */
  readonly code: OneTimeCode | null;
  readonly version: string;
  /** Names the machine to whoever is signed in. */
  readonly host: string;
  /** Further host names of the listener. */
  readonly names: readonly string[];
  /** Takes over a connection for live updates. */
  readonly stream: (request: IncomingMessage, response: ServerResponse, visitor: Visitor) => void;
  /** Where people sign in beside the link and tokens; null for nowhere. */
  readonly provider: () => ProviderSignIn | null;
  /** Keeps what people did here and nobody else records: that somebody came or went. Does not throw. */
  readonly record: (by: string, what: string) => void;
}

export interface Api {
  /** Of a path that begins with /api/v1. Rejects only where the connection is gone. */
  answer(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

const STATUS: Readonly<Record<FailureCode, number>> = {
  bad_request: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  too_large: 413,
  too_many: 429,
  read_only: 409,
  unavailable: 503,
  failed: 500,
};

/** A policy file of 512 Ki characters, in JSON. */
const BODY_BYTES = 2 * 1024 * 1024;
const SIGN_IN_BYTES = 4096;
const LOGOUT_TOKEN_BYTES = 32 * 1024;
/** Questions under way, of one visitor and of all. */
const ASKED_OF_ONE = 8;
const ASKED_OF_ALL = 40;

interface Matcher {
  readonly id: RouteId;
  readonly route: Route;
  readonly segments: readonly string[];
}

export function createApi(options: ApiOptions): Api {
  return new ApiServer(options);
}

class ApiServer implements Api {
  readonly #options: ApiOptions;
  readonly #attempts = new Attempts();
  /** Of those who came back from the provider with nothing: guessing tokens is counted apart. */
  readonly #returned = new Attempts();
  readonly #document: string;
  readonly #asked = new Map<string, number>();
  #askedInAll = 0;
  readonly #matchers: readonly Matcher[];

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#document = JSON.stringify(openApiDocument(options.version));
    this.#matchers = Object.entries<Route>(ROUTES)
      .map(([id, route]) => ({ id: id as RouteId, route, segments: route.path.slice(1).split('/') }))
      // `/events/counts` before `/events/{id}`.
      .toSorted((a, b) => a.route.path.split('{').length - b.route.path.split('{').length);
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', search = ''] = splitTarget(request.url ?? '');
    const page = askingPage(request, this.#options.names);
    if (path === '/api/v1/openapi.json') {
      if (!allows(request, response, ['GET', 'HEAD'])) return;
      return send(response, 200, 'application/json', this.#document);
    }
    if (path === '/api/v1/session') return this.#session(request, response, page);
    const provider = this.#options.provider();
    if (provider !== null) {
      if (path === '/api/v1/session/provider') return this.#toProvider(request, response, page, provider);
      // The browser is sent here by a page of the provider.
      if (path === CALLBACK_PATH) return this.#fromProvider(request, response, search, provider);
      if (path === '/api/v1/session/provider/logout') return this.#endedByProvider(request, response, provider);
    }

    const now = new Date();
    const visitor = await visitorOf(this.#options.home, request, provider, now);
    if (typeof visitor === 'string') return this.#unknown(request, response, visitor === 'wrong');
    if (page === 'foreign') return refuse(response, 'forbidden', 'a page of another origin may not ask here');
    if (path === '/api/v1/stream') {
      if (!allows(request, response, ['GET'])) return;
      return this.#options.stream(request, response, visitor);
    }
    const found = this.#route(request.method ?? '', path);
    if (found === null) return refuse(response, 'not_found', 'there is no such route; /api/v1/openapi.json lists all');
    if ('allow' in found) return void allows(request, response, found.allow);
    const { id, route, parts } = found;
    if (!mayAct(visitor.role, route.access)) {
      return refuse(response, 'forbidden', `this needs the role ${route.access}; ${visitor.name} is ${visitor.role}`);
    }
    // A cookie comes along with whatever a browser sends, a token in a header does not.
    if (route.method !== 'GET' && visitor.session !== null && page !== 'own') {
      return refuse(response, 'forbidden', 'a browser has to say which page asks (Origin)');
    }
    const query = route.query === null ? noQuery(search) : readQuery(route.query, new URLSearchParams(search));
    if ('problem' in query) return refuse(response, 'bad_request', query.problem);
    const body = route.body === null ? { value: null } : await readBody(request, response, BODY_BYTES);
    if (body === null) return;
    if (route.body !== null) {
      const problem = route.body.check(body.value, 'body');
      if (problem !== null) return refuse(response, 'bad_request', problem);
    }
    const by = { name: visitor.name, role: visitor.role };
    await this.#ask(response, visitor, { route: id, by, parts, query: query.value, body: body.value });
  }

  async #session(request: IncomingMessage, response: ServerResponse, page: string): Promise<void> {
    if (!allows(request, response, ['GET', 'POST', 'DELETE'])) return;
    if (page === 'foreign') return refuse(response, 'forbidden', 'a page of another origin may not ask here');
    const now = new Date();
    const provider = this.#options.provider();
    if (request.method === 'GET') {
      const visitor = await visitorOf(this.#options.home, request, provider, now);
      if (typeof visitor !== 'string') return sendJson(response, 200, this.#state(visitor, null));
      const errand = provider?.errands.of(request.headers.cookie, now) ?? null;
      return sendJson(response, 200, this.#state(null, errand?.kind === 'failed' ? errand.reason : null));
    }
    if (request.method === 'DELETE') return this.#leave(request, response, provider, now);
    const address = addressOf(request);
    const wait = this.#attempts.waitSeconds(address);
    if (wait > 0) return tooMany(response, wait, 'too many attempts to sign in; wait a minute');
    const body = await readBody(request, response, SIGN_IN_BYTES);
    if (body === null) return;
    const given = read(signInShape, body.value);
    if ('problem' in given) return refuse(response, 'bad_request', 'expected {"code": …} or {"token": …}');
    const begun = signIn(this.#options.home, given.value, this.#options.code, now);
    if (begun === 'full') return tooMany(response, 60, 'too many sessions are open');
    if (begun === 'refused') {
      this.#attempts.failed(address);
      const error =
        'code' in given.value
          ? 'this link does not work any more: it is good once, for ten minutes. `weir token create` makes a token'
          : 'this token is not known, or has run out';
      return refuse(response, 'unauthenticated', error);
    }
    const { name, role, from } = begun.visitor;
    const what = `signed in to the console: ${name}, ${role}, with ${from === 'link' ? 'the link of the start' : 'a token'}`;
    this.#options.record(name, what);
    response.setHeader('Set-Cookie', cookieText(begun.text, begun.maxAgeSeconds, isEncrypted(request)));
    sendJson(response, 200, this.#state(begun.visitor, null));
  }

  /** Ends the session here, and says where the browser goes on to end the one of its provider. */
  async #leave(
    request: IncomingMessage,
    response: ServerResponse,
    provider: ProviderSignIn | null,
    now: Date,
  ): Promise<void> {
    const visitor = await visitorOf(this.#options.home, request, provider, now);
    response.setHeader('Set-Cookie', cookieText('', 0, isEncrypted(request)));
    if (typeof visitor === 'string') return sendNothing(response);
    const text = cookieOf(request);
    const further = visitor.from === 'provider' && text !== null ? ((await provider?.leaving(text)) ?? null) : null;
    signOut(this.#options.home, visitor);
    if (visitor.session !== null) this.#options.record(visitor.name, `signed out of the console: ${visitor.name}`);
    if (further === null) return sendNothing(response);
    sendJson(response, 200, { url: further });
  }

  /** Where a page sends its browser to. */
  async #toProvider(
    request: IncomingMessage,
    response: ServerResponse,
    page: string,
    provider: ProviderSignIn,
  ): Promise<void> {
    if (!allows(request, response, ['POST'])) return;
    if (page !== 'own') return refuse(response, 'forbidden', 'a page of the console has to ask this (Origin)');
    const body = await readBody(request, response, SIGN_IN_BYTES);
    if (body === null) return;
    const given = read(signInAtProvider, body.value);
    if ('problem' in given) return refuse(response, 'bad_request', 'expected {"back": …}');
    // The cookie would stay with the name that was typed in, and the browser comes back to the one that is registered.
    if (new URL(provider.origin).host !== request.headers.host?.toLowerCase()) {
      const error = `${provider.settings.name} sends browsers back to ${provider.origin}: open the console there`;
      return refuse(response, 'conflict', error);
    }
    const begun = await provider.begin(given.value.back ?? '/', new Date());
    if (begun.kind === 'away') return refuse(response, 'unavailable', begun.reason);
    if (begun.kind !== 'begun') return refuse(response, 'failed', begun.reason);
    response.setHeader('Set-Cookie', begun.cookie);
    sendJson(response, 200, { url: begun.url });
  }

  /** Of a browser that comes back: in with a new session, or to the page that says why not. */
  async #fromProvider(
    request: IncomingMessage,
    response: ServerResponse,
    search: string,
    provider: ProviderSignIn,
  ): Promise<void> {
    if (!allows(request, response, ['GET'])) return;
    const now = new Date();
    const { errands, isSecure } = provider;
    const address = addressOf(request);
    const wait = this.#returned.waitSeconds(address);
    if (wait > 0) return tooMany(response, wait, 'too many attempts to sign in; wait a minute');
    const came = await provider.returned(`?${search}`, request.headers.cookie, now);
    if (came.kind === 'refused') {
      if (came.isCounted) this.#returned.failed(address);
      response.setHeader('Set-Cookie', errands.cookie({ kind: 'failed', reason: came.reason }, 120, isSecure, now));
      return sendOn(response, '/signin');
    }
    response.setHeader('Set-Cookie', [cookieText(came.text, came.maxAgeSeconds, isSecure), errands.over(isSecure)]);
    sendOn(response, came.back);
  }

  /** OpenID Connect Back-Channel Logout 1.0 §2.5: 200 where it is done, 400 where the token is not to be believed. */
  async #endedByProvider(request: IncomingMessage, response: ServerResponse, provider: ProviderSignIn): Promise<void> {
    if (!allows(request, response, ['POST'])) return;
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
    const isForm = type === 'application/x-www-form-urlencoded';
    const bytes = isForm ? await bytesOf(request, LOGOUT_TOKEN_BYTES) : null;
    const tokens = new URLSearchParams(bytes?.toString('utf8') ?? '').getAll('logout_token');
    const [token] = tokens;
    if (token === undefined || tokens.length > 1) {
      return sendJson(response, 400, { error: 'invalid_request', error_description: 'expected one logout_token' });
    }
    const failed = await provider.ended(token, new Date());
    if (failed === null) return send(response, 200, 'text/plain', '');
    const isOurs = failed.kind === 'away';
    const error = isOurs ? 'temporarily_unavailable' : 'invalid_request';
    sendJson(response, isOurs ? 503 : 400, { error, error_description: failed.reason });
  }

  /** `problem`: why the browser was not let in just before. */
  #state(visitor: Visitor | null, problem: string | null): SessionState {
    const { version, host } = this.#options;
    const provider = this.#options.provider()?.settings.name ?? null;
    if (visitor === null) return { session: null, version, host: null, provider, problem };
    const { name, role, expires, from } = visitor;
    return { session: { name, role, expires, isLink: from === 'link', from }, version, host, provider, problem };
  }

  /** A token that is right is never turned away for others that are wrong. */
  #unknown(request: IncomingMessage, response: ServerResponse, isWrong: boolean): void {
    if (isWrong) {
      const address = addressOf(request);
      const wait = this.#attempts.waitSeconds(address);
      if (wait > 0) return tooMany(response, wait, 'too many tokens that are not known; wait a minute');
      this.#attempts.failed(address);
    }
    response.setHeader('WWW-Authenticate', 'Bearer');
    refuse(response, 'unauthenticated', 'a token is needed');
  }

  #route(
    method: string,
    path: string,
  ):
    | { readonly id: RouteId; readonly route: Route; readonly parts: Record<string, string> }
    | { readonly allow: readonly string[] }
    | null {
    const segments = path.slice('/api/v1/'.length).split('/');
    const allow: string[] = [];
    for (const matcher of this.#matchers) {
      const parts = partsOf(matcher.segments, segments);
      if (parts === null) continue;
      if (matcher.route.method === method) return { id: matcher.id, route: matcher.route, parts };
      allow.push(matcher.route.method);
    }
    return allow.length === 0 ? null : { allow };
  }

  async #ask(response: ServerResponse, visitor: Visitor, asked: Asked): Promise<void> {
    const { key } = visitor;
    const own = this.#asked.get(key) ?? 0;
    if (own >= ASKED_OF_ONE || this.#askedInAll >= ASKED_OF_ALL) {
      return tooMany(response, 1, 'too many questions at once; some are still being answered');
    }
    this.#asked.set(key, own + 1);
    this.#askedInAll++;
    let answered: Answered;
    try {
      answered = await this.#options.desk.ask(asked);
    } finally {
      this.#askedInAll--;
      const left = (this.#asked.get(key) ?? 1) - 1;
      if (left === 0) this.#asked.delete(key);
      else this.#asked.set(key, left);
    }
    if (answered.kind === 'failure') return refuse(response, answered.code, answered.error);
    if (answered.json === null) return sendNothing(response);
    send(response, 200, 'application/json', answered.json);
  }
}

function splitTarget(target: string): readonly [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

function noQuery(search: string): { readonly value: null } | { readonly problem: string } {
  return search === '' ? { value: null } : { problem: 'query: this route takes none' };
}

/** A part is decoded once, and has no slash before or after: the number of parts is that of the path as sent. */
function partsOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const parts: Record<string, string> = {};
  for (const [at, expected] of pattern.entries()) {
    const segment = segments[at] ?? '';
    if (!expected.startsWith('{')) {
      if (expected !== segment) return null;
      continue;
    }
    const part = decoded(segment);
    if (part === null || part === '' || part.length > 400) return null;
    parts[expected.slice(1, -1)] = part;
  }
  return parts;
}

function decoded(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

function allows(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): boolean {
  if (methods.includes(request.method ?? '')) return true;
  response.setHeader('Allow', methods.join(', '));
  sendJson(response, 405, { error: `this takes ${methods.join(', ')}`, code: 'bad_request' });
  return false;
}

/** The JSON of a body, or null once it has been refused. */
async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<{ readonly value: unknown } | null> {
  const type = (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  // A form of another origin can send any other type without being asked first.
  if (type !== 'application/json') {
    refuse(response, 'bad_request', 'expected Content-Type: application/json');
    return null;
  }
  const bytes = await bytesOf(request, maxBytes);
  if (bytes === null) {
    refuse(response, 'too_large', `expected at most ${maxBytes} bytes`);
    return null;
  }
  try {
    return { value: JSON.parse(bytes.toString('utf8')) };
  } catch {
    // Its message quotes the text.
    refuse(response, 'bad_request', 'the body is not JSON');
    return null;
  }
}

/** Null once there are more than so many. Rejects where the client is gone. */
function bytesOf(request: IncomingMessage, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= maxBytes) return void chunks.push(chunk);
      // The rest is read and forgotten, within the time of a request: to close now could take the answer along.
      chunks.length = 0;
      resolve(null);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client is gone')));
  });
}

/** Where a request comes from; behind a proxy all come from there, and are counted together. */
function addressOf(request: IncomingMessage): string {
  return request.socket.remoteAddress ?? 'unknown';
}

function refuse(response: ServerResponse, code: FailureCode, error: string): void {
  sendJson(response, STATUS[code], { error, code });
}

function tooMany(response: ServerResponse, seconds: number, error: string): void {
  response.setHeader('Retry-After', String(seconds));
  refuse(response, 'too_many', error);
}

function sendOn(response: ServerResponse, path: string): void {
  response.setHeader('Location', path);
  send(response, 303, 'text/plain', '');
}

function sendNothing(response: ServerResponse): void {
  response.writeHead(204, { 'Cache-Control': 'no-store' });
  response.end();
}
