/** The API over real sockets: who is let in, what is refused before any handler, and what a session may do. */
import assert from 'node:assert/strict';
import { type IncomingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Asked, answerWith, type Desk } from '../../../console/api/desk.ts';
import { openApiDocument } from '../../../console/api/openapi.ts';
import { ROUTES, type Route } from '../../../console/api/routes.ts';
import { createApi } from '../../../console/api/server.ts';
import { OneTimeCode } from '../../../console/api/sign-in.ts';
import { tokenRoutes } from '../../../console/api/token-routes.ts';
import { startConsole } from '../../../console/console.ts';
import { Metrics } from '../../../console/metrics.ts';
import type { Access } from '../../../flow/access.ts';
import type { EventBody } from '../../../flow/event.ts';
import { type Home, openHome } from '../../../store/home.ts';
import { createToken, listTokens, revokeToken } from '../../../store/tokens.ts';
import { afterwards, temporaryFolder } from '../../store/samples.ts';

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface Place {
  readonly home: Home;
  readonly url: string;
  readonly port: number;
  readonly code: string;
  readonly asked: Asked[];
  readonly recorded: EventBody[];
  ask(method: string, path: string, headers?: Record<string, string>, body?: unknown): Promise<Got>;
  token(role: Access): Record<string, string>;
}

async function place(t: TestContext, now?: () => number): Promise<Place> {
  const home = openHome(temporaryFolder(t));
  const recorded: EventBody[] = [];
  const handlers = tokenRoutes(home, (event) => recorded.push(event));
  const asked: Asked[] = [];
  const desk: Desk = {
    ask: async (one) => {
      asked.push(one);
      const answered = await answerWith(handlers, one, () => assert.fail('a handler failed'));
      return answered ?? { kind: 'answer', json: '{}' };
    },
  };
  const code = new OneTimeCode('operator', now);
  const api = createApi({
    home,
    desk,
    code,
    version: '1',
    host: 'build-7',
    names: ['weir.corp.example'],
    stream: (_, response) => response.end(),
    provider: () => null,
    record: () => {},
  });
  const running = await startConsole({
    listen: { host: '127.0.0.1', port: 0 },
    names: ['weir.corp.example'],
    parts: () => [],
    metrics: new Metrics('1'),
    gather: async () => {},
    pages: null,
    api,
  });
  afterwards(t, () => running.close());
  const { url, port } = running;
  const ask: Place['ask'] = (method, path, headers = {}, body) => {
    const text = body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body);
    const all = { ...(text === null ? {} : { 'content-type': 'application/json' }), ...headers };
    return new Promise((resolve, reject) => {
      const asking = request(`${url}${path}`, { method, headers: all, agent: false }, (answer) => {
        let got = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          got += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: got }));
      });
      asking.on('error', reject).end(text ?? undefined);
    });
  };
  const token: Place['token'] = (role) => {
    const made = createToken(home, { name: `a-${role}`, role, expires: null }, new Date());
    return { authorization: `Bearer ${made.text}` };
  };
  return { home, url, port, code: code.text, asked, recorded, ask, token };
}

/** Headers as a browser sends them for a page of the console. */
async function signedIn(at: Place): Promise<Record<string, string>> {
  const got = await at.ask('POST', '/api/v1/session', { origin: at.url }, { code: at.code });
  assert.equal(got.status, 200);
  const [cookie = ''] = got.headers['set-cookie'] ?? [];
  return { cookie: cookie.split(';')[0] ?? '', origin: at.url };
}

function pathOf({ path }: Route): string {
  return `/api/v1${path.replaceAll(/\{\w+\}/g, 'x')}`;
}

test('every path but the document and the session is 401 without a token, and says nothing more', async (t) => {
  const at = await place(t);
  const paths = Object.values<Route>(ROUTES).map((route) => [route.method, pathOf(route)] as const);
  const more = [
    '/api/v1',
    '/api/v1/',
    '/api/v1/nothing',
    '/api/v1/sessions',
    '/api/v1/session/x',
    '/api/v1/openapi.json/',
    '/api/v1/stream',
    '/api/v1//session',
    '/api/v1/%73ession',
  ];
  for (const [method, path] of [...paths, ...more.map((path) => ['GET', path] as const)]) {
    const got = await at.ask(method, path);
    assert.equal(got.status, 401, `${method} ${path}`);
    assert.deepEqual(JSON.parse(got.text), { error: 'a token is needed', code: 'unauthenticated' });
  }
  assert.equal(at.asked.length, 0);
  const document = await at.ask('GET', '/api/v1/openapi.json');
  assert.deepEqual(JSON.parse(document.text), JSON.parse(JSON.stringify(openApiDocument('1'))));
  const nobody = await at.ask('GET', '/api/v1/session');
  assert.deepEqual(JSON.parse(nobody.text), { session: null, version: '1', host: null, provider: null, problem: null });
});

test('a role reaches the routes of its own and those below, and no other', async (t) => {
  const at = await place(t);
  const rank = { viewer: 0, reviewer: 1, admin: 2 } as const;
  for (const role of ['viewer', 'reviewer', 'admin'] as const) {
    const headers = at.token(role);
    for (const [id, route] of Object.entries<Route>(ROUTES)) {
      if (id === 'createToken' || id === 'revokeToken') continue;
      const body = route.body === null ? undefined : {};
      const { status } = await at.ask(route.method, pathOf(route), headers, body);
      if (rank[role] < rank[route.access]) assert.equal(status, 403, `${role} ${route.method} ${route.path}`);
      else assert.ok([200, 400].includes(status), `${role} ${route.method} ${route.path} ${status}`);
    }
  }
  for (const { route, by } of at.asked) assert.ok(rank[by.role] >= rank[ROUTES[route].access], route);
});

test('the link signs in once, and not after ten minutes', async (t) => {
  let now = 0;
  const at = await place(t, () => now);
  const headers = await signedIn(at);
  const state = JSON.parse((await at.ask('GET', '/api/v1/session', headers)).text);
  assert.deepEqual(
    [state.session.name, state.session.role, state.session.isLink, state.host],
    ['operator', 'admin', true, 'build-7'],
  );
  assert.equal((await at.ask('POST', '/api/v1/session', { origin: at.url }, { code: at.code })).status, 401);

  const other = await place(t, () => now);
  now = 600_000;
  assert.equal((await other.ask('POST', '/api/v1/session', {}, { code: other.code })).status, 401);
});

test('the cookie is out of reach for scripts and other sites, and secure where the browser speaks TLS', async (t) => {
  const at = await place(t);
  const plain = await at.ask('POST', '/api/v1/session', { origin: at.url }, { code: at.code });
  assert.match(
    String(plain.headers['set-cookie']),
    /^weir_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const { authorization } = at.token('viewer');
  const token = authorization?.slice('Bearer '.length);
  const behind = await at.ask(
    'POST',
    '/api/v1/session',
    { origin: 'https://weir.corp.example', host: 'weir.corp.example' },
    { token },
  );
  assert.match(String(behind.headers['set-cookie']), /; Secure$/);
});

test('a session ends when it is signed out, and with its token', async (t) => {
  const at = await place(t);
  const headers = await signedIn(at);
  assert.equal((await at.ask('GET', '/api/v1/tokens', headers)).status, 200);
  const out = await at.ask('DELETE', '/api/v1/session', headers);
  assert.equal(out.status, 204);
  assert.match(String(out.headers['set-cookie']), /^weir_session=; .*Max-Age=0/);
  assert.equal((await at.ask('GET', '/api/v1/tokens', headers)).status, 401);

  const { authorization = '' } = at.token('admin');
  const begun = await at.ask('POST', '/api/v1/session', { origin: at.url }, { token: authorization.slice(7) });
  const cookie = String(begun.headers['set-cookie']).split(';')[0] ?? '';
  assert.equal((await at.ask('GET', '/api/v1/tokens', { cookie })).status, 200);
  for (const { id } of listTokens(at.home)) revokeToken(at.home, id);
  assert.equal((await at.ask('GET', '/api/v1/tokens', { cookie })).status, 401);
  assert.equal((await at.ask('GET', '/api/v1/tokens', { authorization })).status, 401);
});

test('a page of another origin can neither read nor change anything with the cookie', async (t) => {
  const at = await place(t);
  const { cookie = '' } = await signedIn(at);
  const change = { name: 'x', role: 'admin' };
  const foreign: readonly Record<string, string>[] = [
    { origin: 'https://evil.example' },
    { origin: `http://127.0.0.1:${at.port + 1}` },
    { origin: `http://localhost:${at.port}` },
    { origin: 'null' },
    { origin: 'https://weir.corp.example:444' },
    { origin: at.url, 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
  ];
  for (const headers of foreign) {
    assert.equal((await at.ask('GET', '/api/v1/tokens', { cookie, ...headers })).status, 403, JSON.stringify(headers));
    assert.equal((await at.ask('POST', '/api/v1/tokens', { cookie, ...headers }, change)).status, 403);
    assert.equal((await at.ask('POST', '/api/v1/session', headers, { code: 'x' })).status, 403);
    assert.equal((await at.ask('DELETE', '/api/v1/session', { cookie, ...headers })).status, 403);
  }
  // Nothing says which page asks: good enough to read, as an address that is typed in, and not to change.
  assert.equal((await at.ask('GET', '/api/v1/tokens', { cookie })).status, 200);
  assert.equal((await at.ask('POST', '/api/v1/tokens', { cookie }, change)).status, 403);
  assert.equal(
    (await at.ask('POST', '/api/v1/tokens', { cookie, 'sec-fetch-site': 'same-origin' }, change)).status,
    200,
  );
  // What a form can send without being asked first is no JSON.
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
  ]) {
    const got = await at.ask('POST', '/api/v1/tokens', { cookie, origin: at.url, 'content-type': type }, change);
    assert.equal(got.status, 400, type);
  }
  assert.deepEqual(
    listTokens(at.home).map(({ name }) => name),
    ['x'],
  );
});

test('attempts with a wrong code or token are limited, and a right token goes on working', async (t) => {
  const at = await place(t);
  const right = at.token('viewer');
  const statuses: number[] = [];
  for (let i = 0; i < 12; i++)
    statuses.push((await at.ask('POST', '/api/v1/session', {}, { code: `wrong${i}` })).status);
  assert.deepEqual([statuses[0], statuses[9], statuses[10], statuses[11]], [401, 401, 429, 429]);
  const waiting = await at.ask('POST', '/api/v1/session', {}, { code: at.code });
  assert.equal(waiting.status, 429);
  assert.ok(Number(waiting.headers['retry-after']) > 0);
  assert.equal(
    (await at.ask('GET', '/api/v1/fleet', { authorization: `Bearer weir_${'0'.repeat(12)}_${'A'.repeat(43)}` })).status,
    429,
  );
  assert.equal((await at.ask('GET', '/api/v1/fleet', right)).status, 200);
});

test('credentials of every wrong form are refused', async (t) => {
  const at = await place(t);
  const { authorization = '' } = at.token('admin');
  const text = authorization.slice(7);
  for (const wrong of [
    'Bearer',
    'Bearer ',
    `Basic ${text}`,
    text,
    `Bearer ${text}x`,
    `Bearer ${text.slice(0, -1)}`,
    `Bearer ${text.toUpperCase()}`,
    `Bearer weir_../../keys_${'A'.repeat(43)}`,
  ]) {
    const { status } = await at.ask('GET', '/api/v1/tokens', { authorization: wrong });
    assert.ok(status === 401 || status === 429, wrong);
  }
  // A token is no session and a session no token.
  assert.equal((await at.ask('GET', '/api/v1/tokens', { cookie: `weir_session=${text}` })).status, 401);
});

test('what does not fit is refused before any handler, and is not quoted', async (t) => {
  const at = await place(t);
  const headers = at.token('admin');
  const secret = 'S3CRET-TEXT';
  const bad: readonly (readonly [string, string, unknown])[] = [
    ['POST', '/api/v1/tokens', { name: `${secret} <b>`, role: 'admin' }],
    ['POST', '/api/v1/tokens', { name: 'a', role: secret }],
    ['POST', '/api/v1/tokens', { name: 'a', role: 'admin', [secret]: 1 }],
    ['POST', '/api/v1/tokens', `{"name": "${secret}`],
    ['POST', '/api/v1/tokens', ''],
    ['POST', '/api/v1/policies/try', { sample: { text: secret } }],
    ['GET', `/api/v1/events?limit=${secret}`, undefined],
    ['GET', '/api/v1/events?limit=100000', undefined],
    ['GET', `/api/v1/events?${secret}=1`, undefined],
    ['GET', `/api/v1/events?q=${'x'.repeat(501)}`, undefined],
    ['GET', '/api/v1/fleet?x=1', undefined],
  ];
  for (const [method, path, body] of bad) {
    const got = await at.ask(method, path, headers, body);
    assert.equal(got.status, 400, `${method} ${path}`);
    assert.doesNotMatch(got.text, /S3CRET/);
  }
  assert.equal((await at.ask('PATCH', '/api/v1/tokens', headers)).status, 405);
  assert.equal((await at.ask('GET', '/api/v1/events/%ff', headers)).status, 404);
  assert.equal((await at.ask('GET', '/api/v1/nothing', headers)).status, 404);
  assert.equal(at.asked.length, 0);
});

test('a body that is too long is refused before it is there', async (t) => {
  const at = await place(t);
  const { authorization = '' } = at.token('admin');
  const answer = await new Promise<string>((resolve, reject) => {
    let got = '';
    const socket = connect(at.port, '127.0.0.1', () => {
      socket.write(
        `POST /api/v1/policies/try HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\nContent-Type: application/json\r\nContent-Length: 900000000\r\n\r\n`,
      );
      const more = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 0x20)));
      };
      socket.on('drain', more);
      more();
    });
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      got += chunk;
      if (got.includes('\r\n\r\n')) socket.destroy();
    });
    socket.on('error', () => {});
    socket.on('close', () => (got === '' ? reject(new Error('no answer')) : resolve(got)));
  });
  assert.match(answer, /^HTTP\/1\.1 413 /);
});

test('tokens are made and revoked by the API, on record, and shown without their secret', async (t) => {
  const at = await place(t);
  const headers = at.token('admin');
  const made = await at.ask('POST', '/api/v1/tokens', headers, { name: 'bob', role: 'reviewer', expires: '30d' });
  const { token, entry } = JSON.parse(made.text);
  assert.equal((await at.ask('POST', '/api/v1/tokens', headers, { name: 'bob', role: 'viewer' })).status, 409);
  const listed = await at.ask('GET', '/api/v1/tokens', headers);
  assert.doesNotMatch(listed.text, new RegExp(token.slice(-43)));
  assert.ok(listed.text.includes(entry.id));
  const bearer = { authorization: `Bearer ${token}` };
  assert.equal((await at.ask('GET', '/api/v1/tokens', bearer)).status, 403);
  assert.equal((await at.ask('GET', '/api/v1/fleet', bearer)).status, 200);
  assert.equal((await at.ask('DELETE', `/api/v1/tokens/${entry.id}`, headers)).status, 204);
  assert.equal((await at.ask('GET', '/api/v1/fleet', bearer)).status, 401);
  assert.equal((await at.ask('DELETE', `/api/v1/tokens/${entry.id}`, headers)).status, 404);
  assert.deepEqual(
    at.recorded.map(({ kind, source, reason }) => [kind, source.user, reason?.replace(/\d{4}-.*/, 'T')]),
    [
      ['admin', 'a-admin', `token ${entry.id} made: bob, reviewer, until T`],
      ['admin', 'a-admin', `token ${entry.id} revoked: bob`],
    ],
  );
});
