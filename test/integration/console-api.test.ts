/** The console of a running Weir: the link signs in, a call that is blocked shows on the stream and in the lists. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain } from '../support/wire.ts';

let weir: UnderTest;
before(async () => {
  weir = await startUnderTest({ console: true });
});
after(() => weir.close());

let cookie = '';

async function ask(path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') {
  const origin = weir.weir.consoleUrl ?? '';
  const headers = { cookie, origin, 'content-type': 'application/json' };
  const answer = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const [set] = answer.headers.getSetCookie();
  if (set !== undefined) cookie = set.split(';')[0] ?? '';
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
}

/** A prompt with a card's number, by the gateway. */
async function blockedCall(): Promise<string> {
  const body = JSON.stringify({
    model: 'gpt-4o',
    messages: [{ role: 'user', content: 'my card is 4111 1111 1111 1111' }],
  });
  const wire = await connectPlain(weir.port);
  wire.write(
    `POST /openai/v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:${weir.port}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
  const answer = await wire.answer();
  wire.destroy();
  assert.equal(answer.status, 400);
  return String(answer.header('x-weir-event'));
}

test('the link signs in, once, and what happens is told', async () => {
  const link = new URL(weir.weir.consoleLink ?? '');
  const code = new URLSearchParams(link.hash.slice(1)).get('code');
  const signed = await ask('/session', { code });
  assert.equal(signed.status, 200);
  assert.equal(signed.json.session.role, 'admin');
  const again = await fetch(`${weir.weir.consoleUrl}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  assert.equal(again.status, 401);

  const seen = Promise.withResolvers<string>();
  const stream = request(`${weir.weir.consoleUrl}/api/v1/stream`, { headers: { cookie }, agent: false }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', async (chunk: string) => {
      const isFollowed = text.includes('"kind":"snapshot"');
      text += chunk;
      if (!isFollowed && text.includes('"kind":"snapshot"')) await blockedCall().catch(seen.reject);
      if (text.includes('"action":"block"')) seen.resolve(text);
    });
    answer.on('error', () => {});
  });
  stream.on('error', () => {});
  stream.end();
  const text = await seen.promise;
  stream.destroy();
  assert.match(text, /"kind":"snapshot"/);
  assert.doesNotMatch(text, /4111/);

  const page = await ask('/events?action=block');
  assert.equal(page.json.events.length, 1);
  const [event] = page.json.events;
  const detail = await ask(`/events/${event.id}`);
  assert.equal(detail.json.rule.name, event.rule);
  assert.match(detail.json.rule.yaml, /action: block/);
  assert.equal(detail.json.isCurrentPolicy, true);
  const opened = await ask(`/events/${event.id}/excerpt`, {});
  assert.match(JSON.stringify(opened.json), /"kind":"mark"/);
  const reviewed = await ask(`/events/${event.id}/review`, { state: 'confirmed', note: 'seen' });
  assert.equal(reviewed.json.review.state, 'confirmed');
  const policies = await ask('/policies');
  assert.ok(
    policies.json.policies.some(({ rules }: { rules: { hits: number }[] }) => rules.some(({ hits }) => hits === 1)),
  );
  const overview = await ask('/overview');
  assert.deepEqual([overview.json.totals.blocked, overview.json.hasCalls], [1, true]);
  await weir.eventWhere('who opened it', ({ kind, reason }) => kind === 'admin' && reason === 'excerpt opened');
  await weir.eventWhere(
    'who signed in',
    ({ kind, reason }) => kind === 'admin' && reason?.startsWith('signed in') === true,
  );
});
