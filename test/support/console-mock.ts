/**
 * The console's API in memory, with the pages beside it: for tests of the pages alone, such as how they look with 5,000
 * flows, with none, and when the server fails or sends what it should not. What the real server does is tested with it.
 */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.ts';
import type { Access, Draft, EdgeRow, EventRow, StreamMessage, TokenEntry } from '../../console/api/shapes.ts';
import { Pages } from '../../console/pages.ts';
import { policySchema } from '../../engine/decide/policy-file.ts';
import { REVIEW_STATES } from '../../flow/event.ts';
import { REPORT_KINDS } from '../../map/reports/report.ts';
import { fleetPoliciesOf, lineageOf, reportOf } from './console-reports.ts';
import {
  edgeDetailOf,
  effectOf,
  eventDetailOf,
  excerptOf,
  fleetOf,
  makeWorld,
  mapOf,
  overviewOf,
  policySetOf,
  triedSample,
  vocabularyOf,
  WORKING,
  type World,
} from './console-world.ts';

export interface MockOptions {
  readonly edges?: number;
  readonly events?: number;
  /** The present of the made-up company, ms. */
  readonly now?: number;
  /** Changes what is answered, by path below /api/v1. */
  readonly alter?: (path: string, answer: unknown) => unknown;
}

export interface Mock {
  readonly url: string;
  readonly world: World;
  /** Paths (below /api/v1) that fail with status 503, until they are taken out again. */
  readonly failing: Set<string>;
  /** Reviews that were made: event and state. */
  readonly reviews: { readonly event: string; readonly state: string; readonly note: string | null }[];
  /** Files whose draft was put in force, and not taken back. */
  readonly activated: readonly string[];
  /** How many streams are open. */
  streams(): number;
  /** Sends a message to every stream. */
  tell(message: StreamMessage): void;
  /** Cuts every stream, as a restart would. */
  cut(): void;
  close(): Promise<void>;
}

export const MOCK_CODE = 'one-time-code';
const ROLES: readonly Access[] = ['viewer', 'reviewer', 'admin'];

/** The token of a role. */
export function mockToken(role: Access): string {
  return `${role}-token`;
}

export async function startMock({
  edges = 40,
  events = 160,
  now,
  alter = (_, answer) => answer,
}: MockOptions = {}): Promise<Mock> {
  const world = makeWorld(edges, events, now);
  const pages = new Pages();
  const failing = new Set<string>();
  const drafts = new Map<string, Draft>();
  const activated: string[] = [];
  const policyText = readFileSync(join(packageRoot, 'policies/default.yaml'), 'utf8');
  const reviews: { event: string; state: string; note: string | null }[] = [];
  const streams = new Set<ServerResponse>();
  const tokens: TokenEntry[] = ROLES.map((role) => ({
    id: role,
    name: `${role}-of-the-bank`,
    role,
    created: new Date(world.now).toISOString(),
    expires: null,
    lastUsed: null,
    isExpired: false,
  }));
  let isCodeUsed = false;
  let lastId = 0;

  const roleOf = (request: IncomingMessage): Access | null => {
    const [, role] = /weir_session=(\w+)/.exec(request.headers.cookie ?? '') ?? [];
    return ROLES.find((one) => one === role) ?? null;
  };
  const sessionOf = (role: Access | null) => ({
    session: role === null ? null : { name: 'mira', role, expires: null, isLink: false, from: 'token' as const },
    version: '0.1.0',
    host: role === null ? null : 'node-1',
    provider: null,
    problem: null,
  });
  const open = (): number =>
    world.events.filter(({ action, review }) => action === 'block' && review === 'open').length;
  const snapshot = (): StreamMessage => ({
    kind: 'snapshot',
    totals: { calls: 1200, blocked: 31 },
    openReviews: { value: open(), isExact: true },
    health: WORKING,
    policies: 'set-1',
  });
  const write = (response: ServerResponse, message: StreamMessage): void => {
    lastId += 1;
    response.write(`id: ${lastId}\ndata: ${JSON.stringify(alter('/stream', message))}\n\n`);
  };

  const answerApi = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const path = url.pathname.slice('/api/v1'.length);
    const role = roleOf(request);
    const reply = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(status < 400 ? alter(path, body) : body));
    };
    const fail = (status: number, error: string): void => reply(status, { error, code: 'failed' });
    const body: unknown = request.method === 'GET' ? null : await bodyOf(request);
    const field = (name: string): unknown =>
      typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    if (path === '/session' && request.method === 'POST') {
      const isCode = field('code') === MOCK_CODE && !isCodeUsed;
      if (isCode) isCodeUsed = true;
      const signedIn = isCode ? 'admin' : ROLES.find((one) => field('token') === mockToken(one));
      if (signedIn === undefined) return fail(401, 'not known');
      return reply(200, sessionOf(signedIn), {
        'Set-Cookie': `weir_session=${signedIn}; Path=/; HttpOnly; SameSite=Strict`,
      });
    }
    if (path === '/session' && request.method === 'DELETE') {
      return reply(200, null, { 'Set-Cookie': 'weir_session=; Path=/; Max-Age=0' });
    }
    if (path === '/session') return reply(200, sessionOf(role));
    if (role === null) return fail(401, 'a token is needed');
    if (failing.has(path)) return fail(503, 'the store cannot be read: the disk is full');
    if (path === '/stream') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
      streams.add(response);
      response.on('close', () => streams.delete(response));
      return write(response, snapshot());
    }
    const answer = await dataOf(path, url.searchParams, request.method ?? 'GET', field);
    if (answer === undefined) return fail(404, 'there is no such thing');
    return reply(200, answer);
  };

  const dataOf = async (
    path: string,
    query: URLSearchParams,
    method: string,
    field: (name: string) => unknown,
  ): Promise<unknown> => {
    const [, what, id, more, last] = path.split('/').map(decodeURIComponent);
    const limit = Number(query.get('limit') ?? 50);
    const start = Number(query.get('cursor') ?? 0);
    const page = <T>(all: readonly T[]) => ({
      rows: all.slice(start, start + limit),
      next: start + limit < all.length ? String(start + limit) : null,
    });
    if (path === '/overview') {
      const at = (name: string, otherwise: number) => Date.parse(query.get(name) ?? new Date(otherwise).toISOString());
      return overviewOf(world, at('from', world.now - 86_400_000), at('to', world.now));
    }
    if (path === '/map') return mapOf(world, edgesOf(query), Number(query.get('limit') ?? 12));
    if (path === '/edges') {
      const all = edgesOf(query).toSorted((a, b) => (b.risk ?? 0) - (a.risk ?? 0));
      const { rows, next } = page(all);
      return { edges: rows, next, total: { value: all.length, isExact: true }, problem: null };
    }
    if (what === 'edges' && id !== undefined) {
      const row = world.edges.find((one) => one.id === id);
      return row === undefined ? undefined : edgeDetailOf(world, row);
    }
    if (path === '/events') {
      const { rows, next } = page(eventsOf(query));
      return { events: rows, next, problem: null };
    }
    if (path === '/events/counts') {
      const byReview = Object.fromEntries(
        REVIEW_STATES.map((state) => [
          state,
          eventsOf(query, 'review').filter(({ review }) => review === state).length,
        ]),
      );
      return { total: { value: eventsOf(query).length, isExact: true }, byReview, byAction: {}, bySeverity: {} };
    }
    if (what === 'events') return eventOf(id ?? '', more, method, field);
    if (path === '/policies') {
      const kept = [...drafts.values()].map(({ file, revision, changed, isNew }) => ({
        file,
        revision,
        changed,
        isNew,
      }));
      return { ...policySetOf(world), drafts: kept };
    }
    if (path === '/policies/schema') return policySchema();
    if (what === 'policies' && id === 'files' && last === undefined) {
      const file = policySetOf(world).files.find((one) => one.id === more);
      return file === undefined ? undefined : { file, text: policyText };
    }
    if (what === 'policies') return policyAnswer(id ?? '', more, last, method, field);
    if (path === '/fleet') return fleetOf(world);
    if (path === '/fleet/policies') return fleetPoliciesOf(world);
    if (path === '/lineage') return lineageOf(world, query);
    if (what === 'reports') {
      const kind = REPORT_KINDS.find((one) => one === id);
      if (kind === undefined) return undefined;
      if (more === undefined) return reportOf(world, kind);
      return { name: `weir-${kind}.${query.get('format')}`, mediaType: 'text/html', text: `<h1>${kind}</h1>` };
    }
    if (path === '/vocabulary') return vocabularyOf(world);
    if (path === '/tokens' && method === 'POST') {
      const name = String(field('name'));
      const entry: TokenEntry = {
        id: `t-${name}`,
        name,
        role: ROLES.find((one) => one === field('role')) ?? 'viewer',
        created: new Date(world.now).toISOString(),
        expires: null,
        lastUsed: null,
        isExpired: false,
      };
      tokens.push(entry);
      return { token: `token-of-${name}`, entry };
    }
    if (path === '/tokens') return { tokens };
    if (what === 'tokens' && method === 'DELETE') {
      tokens.splice(
        tokens.findIndex((token) => token.id === id),
        1,
      );
      return null;
    }
    return undefined;
  };

  /** Drafts and activations as the server keeps them; what a text does is fixed, and told by marks in the text. */
  const policyAnswer = (
    id: string,
    more: string | undefined,
    last: string | undefined,
    method: string,
    field: (name: string) => unknown,
  ): unknown => {
    const text = String(field('text') ?? '');
    const at = text.split('\n').findIndex((line) => line.includes('nonsense'));
    const problems =
      at < 0 ? [] : [{ line: at + 1, column: 1, message: 'unknown key; did you mean `name`?', file: null }];
    const diff =
      text === policyText ? '' : `--- a/claims.yaml\n+++ b/claims.yaml\n@@ -1 +1 @@\n+# ${text.length} characters\n`;
    const files = policySetOf(world).files;
    const [, file] = files;
    if (id === 'check') return { problems, policies: ['claims'] };
    if (id === 'diff') return { diff, problems };
    if (id === 'test') {
      const result = { policy: 'claims', line: 12, expect: 'block', text: 'card [CREDIT_CARD]', failures: [] };
      return { passed: problems.length === 0 ? 1 : 0, failed: 0, results: [result], problems };
    }
    if (id === 'backtest') return { problems, backtest: problems.length === 0 ? effectOf(world, []) : null };
    if (id === 'try') return { ...triedSample(String(field('sample'))), problems };
    if (id === 'drafts' && more !== undefined) {
      if (method === 'PUT') {
        const draft = { file: more, text, revision: `d${drafts.size + 1}`, changed: new Date(world.now).toISOString() };
        drafts.set(more, { ...draft, isNew: more !== file?.id, baseRevision: 'r7', diff, problems, isWritable: true });
      }
      if (method === 'DELETE') return drafts.delete(more) ? null : undefined;
      if (last === 'activate') {
        activated.push(more);
        drafts.delete(more);
        return { file, event: 'e1', isInForce: true };
      }
      return drafts.get(more);
    }
    if (last === 'undo') {
      activated.pop();
      return { file, event: 'e2', isInForce: true };
    }
    return undefined;
  };

  const edgesOf = (query: URLSearchParams): readonly EdgeRow[] => {
    const holds = (name: string, value: (row: EdgeRow) => readonly (string | null)[]) => {
      const wanted = query.getAll(name);
      return (row: EdgeRow) => wanted.length === 0 || wanted.some((one) => value(row).includes(one));
    };
    const tests = [
      holds('class', (row) => Object.keys(row.entities)),
      holds('owner', (row) => [row.source.owner]),
      holds('app', (row) => [row.source.app]),
      holds('vendor', (row) => [row.destination.vendor]),
      holds('category', (row) => [row.destination.category]),
      holds('channel', (row) => row.channels),
      holds('host', (row) => [row.destination.host]),
    ];
    const sanctioned = query.get('sanctioned');
    const words = (query.get('q') ?? '')
      .toLowerCase()
      .split(/\s+/)
      .filter((word) => word !== '' && !word.includes(':'));
    const newSince = query.get('newSince');
    return world.edges.filter(
      (row) =>
        tests.every((test) => test(row)) &&
        (sanctioned === null || String(row.destination.sanctioned) === sanctioned) &&
        (newSince === null || row.firstSeen >= newSince) &&
        words.every((word) => `${row.source.label} ${row.destination.label}`.toLowerCase().includes(word)),
    );
  };

  const eventsOf = (query: URLSearchParams, without = ''): readonly EventRow[] => {
    const holds = (name: string, value: (row: EventRow) => string | null) => {
      const wanted = name === without ? [] : query.getAll(name);
      return (row: EventRow) => wanted.length === 0 || wanted.includes(value(row) ?? '');
    };
    const tests = [
      holds('action', ({ action }) => action),
      holds('review', ({ review }) => review),
      holds('severity', ({ severity }) => severity),
      holds('app', ({ source }) => source.app),
    ];
    return world.events.filter((row) => tests.every((test) => test(row)));
  };

  const eventOf = (id: string, more: string | undefined, method: string, field: (name: string) => unknown): unknown => {
    const row = world.events.find((one) => one.id === id);
    if (row === undefined) return undefined;
    if (more === undefined) return eventDetailOf(row);
    if (more === 'excerpt') return excerptOf(row);
    if (more === 'similar') {
      return {
        sameValue: world.events
          .filter((one) => one.entities[0]?.entity === row.entities[0]?.entity && one.id !== id)
          .slice(0, 3),
        sameRule: [],
      };
    }
    if (more === 'history') {
      return {
        entries:
          row.review === 'open'
            ? []
            : [
                {
                  id: `${id}r`,
                  time: row.time,
                  kind: 'review',
                  by: row.reviewedBy,
                  state: row.review,
                  note: 'Checked with the team.',
                },
              ],
      };
    }
    if (more === 'exception') {
      return {
        by: 'fingerprint',
        scopes: ['fingerprint', 'path', 'rule'],
        text: `Lets these values pass ${row.policy}/${row.rule} for 30 days.`,
        expires: new Date(world.now + 30 * 86_400_000).toISOString(),
        file: 'exceptions/reviewed.yaml',
        yaml: 'apiVersion: weir/v1\nkind: Exception\n',
        diff: '--- /dev/null\n+++ b/exceptions/reviewed.yaml\n@@ -0,0 +1,2 @@\n+apiVersion: weir/v1\n+kind: Exception\n',
        effect: effectOf(world, [id]),
        isWritable: false,
      };
    }
    if (more === 'review' && method === 'POST') {
      const state = REVIEW_STATES.find((one) => one === field('state')) ?? 'open';
      const note = field('note');
      const at = world.events.indexOf(row);
      world.events[at] = { ...row, review: state, reviewedBy: 'mira' };
      reviews.push({ event: id, state, note: typeof note === 'string' ? note : null });
      return {
        review: {
          state,
          by: 'mira',
          note: typeof note === 'string' ? note : null,
          time: new Date(world.now).toISOString(),
        },
        id: `${id}r`,
      };
    }
    if (more === 'allow') return { until: new Date(world.now + 900_000).toISOString() };
    return undefined;
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://console');
    if (url.pathname.startsWith('/api/v1')) {
      answerApi(request, response, url).catch(() => response.destroy());
      return;
    }
    if (!pages.answer(request, response, url.pathname)) response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    world,
    failing,
    reviews,
    activated,
    streams: () => streams.size,
    tell: (message) => {
      for (const stream of streams) write(stream, message);
    },
    cut: () => {
      for (const stream of streams) stream.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const text = Buffer.concat(chunks).toString();
  return text === '' ? null : JSON.parse(text);
}
