/** WebSockets over HTTP/2 (RFC 8441): from clients, and towards upstreams that announce them. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from 'node:http2';
import { after, before, test } from 'node:test';
import type { WebSocket } from 'ws';
import { answerOf, type Http2Client, http2Plain, http2Through } from '../support/http2-client.ts';
import { CARD, MAIL } from '../support/planted.ts';
import {
  type Client,
  clientOf,
  overStream,
  startWebSocketPlace,
  type WebSocketPlace,
} from '../support/websocket-place.ts';

const OPENAI = 'api.openai.com';
const PLAIN = 'files.weir-test.example';
const BYPASSED = 'llm.weir-test.example';
const REALTIME = '/v1/realtime?model=gpt-realtime';

let place: WebSocketPlace;
let announced: WebSocketPlace;
const clients: Http2Client[] = [];
before(async () => {
  const config = { proxy: { bypass: [BYPASSED], providers: { own: { url: `https://${BYPASSED}` } } } };
  place = await startWebSocketPlace({ http2: 'unannounced', config });
  announced = await startWebSocketPlace({ http2: 'announced', config });
});
after(async () => {
  for (const client of clients) client.close();
  await place.close();
  await announced.close();
});

async function connect(to: WebSocketPlace, host: string): Promise<Http2Client> {
  const client = await http2Through(to.weir.port, host, to.weir.ca);
  clients.push(client);
  if (!client.session.remoteSettings.enableConnectProtocol) await once(client.session, 'remoteSettings');
  assert.equal(client.session.remoteSettings.enableConnectProtocol, true);
  return client;
}

function ask(client: Http2Client, path: string, headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
  const own = { ':method': 'CONNECT', ':protocol': 'websocket', ':path': path, 'sec-websocket-version': '13' };
  return client.open({ ...own, ...headers }, { endStream: false });
}

interface Opened {
  readonly stream: ClientHttp2Stream;
  readonly headers: IncomingHttpHeaders & IncomingHttpStatusHeader;
  readonly client: Client;
}

async function open(client: Http2Client, path: string, headers: OutgoingHttpHeaders = {}): Promise<Opened> {
  const stream = ask(client, path, headers);
  const [given] = (await once(stream, 'response')) as [Opened['headers']];
  assert.equal(given[':status'], 200);
  return { stream, headers: given, client: clientOf(overStream(stream, 'client')) };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}

function item(text: string): string {
  const content = [{ type: 'input_text', text }];
  return JSON.stringify({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
}

/** Both kinds of upstream, with what an upstream does with its end of a WebSocket. */
const UPSTREAMS = [
  ['HTTP/1.1, since the upstream announces none', () => place],
  ['HTTP/2, as the upstream announces', () => announced],
] as const;

function serveAll(to: WebSocketPlace, onSocket: (socket: WebSocket) => void): void {
  to.serve(onSocket, { handleProtocols: (names) => [...names][0] ?? false });
  to.serveStreams((stream, headers) => {
    if (headers[':protocol'] !== 'websocket') return stream.respond({ ':status': 200 }, { endStream: true });
    const protocol = headers['sec-websocket-protocol'];
    stream.respond({ ':status': 200, ...(protocol === undefined ? {} : { 'sec-websocket-protocol': protocol }) });
    onSocket(overStream(stream, 'server'));
  });
}

for (const [what, placeOf] of UPSTREAMS) {
  test(`messages, fragments, pings and goodbyes pass both ways; upstream by ${what}`, {
    timeout: 120_000,
  }, async () => {
    const to = placeOf();
    serveAll(to, echo);
    const http2 = await connect(to, PLAIN);
    const { client, headers } = await open(http2, '/socket', { 'sec-websocket-protocol': 'one' });
    assert.equal(headers['sec-websocket-protocol'], 'one');
    assert.equal(headers['sec-websocket-accept'], undefined);
    for (const size of [0, 126, 70_000, 1_000_000]) client.socket.send('x'.repeat(size));
    for (const size of [0, 126, 70_000, 1_000_000]) assert.equal((await client.next()).length, size);
    client.socket.send('one, ', { fin: false });
    client.socket.ping('there?');
    client.socket.send('two', { fin: true });
    const [pong] = (await once(client.socket, 'pong')) as [Buffer];
    assert.equal(String(pong), 'there?');
    assert.equal(await client.next(), 'one, two');
    client.socket.close(4001, 'enough');
    assert.deepEqual(await client.closed, { code: 4001, reason: 'enough' });
    const event = await to.weir.eventWhere('its end', ({ route, status }) => route === 'GET /socket' && status === 101);
    assert.equal(event.outcome, 'completed');
    http2.close();
  });

  test(`a blocked message never leaves, pseudonyms come back; upstream by ${what}`, { timeout: 120_000 }, async () => {
    const to = placeOf();
    const heard: string[] = [];
    serveAll(to, (socket) => {
      socket.on('message', (data) => {
        heard.push(String(data));
        const text = JSON.parse(String(data)).item.content[0].text;
        socket.send(JSON.stringify({ type: 'response.output_text.done', response_id: 'r', text }));
        socket.send(JSON.stringify({ type: 'response.done', response: { id: 'r', output: [] } }));
      });
    });
    const http2 = await connect(to, OPENAI);
    const { client } = await open(http2, REALTIME);
    client.socket.send(item(`write to ${MAIL}`));
    assert.ok((await client.next()).includes(MAIL));
    await client.next();
    assert.equal(heard.length, 1);
    assert.ok(!heard[0]?.includes(MAIL) && heard[0]?.includes('<EMAIL_ADDRESS_1>'));
    client.socket.send(item(`card ${CARD}`));
    assert.equal(JSON.parse(await client.next()).type, 'error');
    assert.equal((await client.closed).code, 1008);
    assert.equal(heard.length, 1);
    http2.close();
  });

  test(`a client that resets its stream is gone, and its other streams go on; upstream by ${what}`, {
    timeout: 120_000,
  }, async () => {
    const to = placeOf();
    const closed = Promise.withResolvers<number>();
    serveAll(to, (socket) => socket.on('close', (code) => closed.resolve(code)));
    const http2 = await connect(to, PLAIN);
    const { stream } = await open(http2, '/reset');
    stream.close(8);
    assert.equal(await closed.promise, 1001);
    const event = await to.weir.eventWhere('its end', ({ route, status }) => route === 'GET /reset' && status === 101);
    assert.equal(event.outcome, 'client_aborted');
    serveAll(to, (socket) => socket.terminate());
    const { client } = await open(http2, '/gone');
    assert.equal((await client.closed).code, 1011, 'an upstream that vanishes');
    http2.close();
  });

  test(`by the gateway a host under bypass is joined as it is; upstream by ${what}`, { timeout: 120_000 }, async () => {
    const to = placeOf();
    serveAll(to, echo);
    const http2 = await http2Plain(to.weir.port);
    clients.push(http2);
    await once(http2.session, 'remoteSettings');
    const { client, headers } = await open(http2, '/own/bypassed', { ':scheme': 'http' });
    assert.equal(headers['sec-websocket-accept'], undefined);
    client.socket.send(`card ${CARD}`);
    assert.equal(await client.next(), `card ${CARD}`);
    client.socket.close(1000);
    assert.equal((await client.closed).code, 1000);
    const event = await to.weir.eventWhere(
      'its end',
      ({ route, status }) => route === 'GET /bypassed' && status === 101,
    );
    assert.deepEqual(event.coverage, { level: 'opaque', reason: 'tunnelled' });
    http2.close();
  });

  test(`an upstream's own refusal is passed on; upstream by ${what}`, { timeout: 120_000 }, async () => {
    const to = placeOf();
    to.serveRaw((_request, socket) => {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nno key');
    });
    to.serveStreams((stream) => {
      stream.respond({ ':status': 403, 'content-type': 'text/plain' });
      stream.end('no key');
    });
    const http2 = await connect(to, OPENAI);
    const { status, text, header } = await answerOf(ask(http2, REALTIME));
    assert.deepEqual([status, text, header('content-type')], [403, 'no key', 'text/plain']);
    const event = await to.weir.event(header('x-weir-event'));
    assert.equal(event.outcome, 'completed');
    http2.close();
  });
}

test('what is sent to an upstream of HTTP/2 is ours, and many WebSockets and requests share its connection', async () => {
  const asked: IncomingHttpHeaders[] = [];
  const http2 = await connect(announced, PLAIN);
  announced.serveStreams((stream, headers) => {
    asked.push(headers);
    stream.respond({ ':status': 200 }, { endStream: headers[':protocol'] === undefined });
    if (headers[':protocol'] !== undefined) echo(overStream(stream, 'server'));
  });
  const own = { origin: 'https://files.weir-test.example', 'sec-websocket-extensions': 'permessage-deflate' };
  const one = await open(http2, '/one', own);
  assert.match(String(one.headers['sec-websocket-extensions']), /^permessage-deflate/);
  const sessions = announced.sessions.filter(({ destroyed }) => !destroyed).length;
  const two = await open(http2, '/two');
  assert.equal(two.headers['sec-websocket-extensions'], undefined, 'it was not offered');
  assert.equal((await http2.ask({ ':path': '/three' })).status, 200);
  assert.equal(announced.sessions.filter(({ destroyed }) => !destroyed).length, sessions);
  two.client.socket.send('still there');
  assert.equal(await two.client.next(), 'still there');
  const [first] = asked;
  assert.equal(first?.[':method'], 'CONNECT');
  assert.equal(first?.[':authority'], PLAIN);
  assert.equal(first?.[':path'], '/one');
  assert.equal(first?.['sec-websocket-version'], '13');
  assert.equal(first?.['sec-websocket-key'], undefined);
  assert.match(String(first?.['sec-websocket-extensions']), /^permessage-deflate/);
  assert.equal(first?.origin, 'https://files.weir-test.example');
  assert.equal(asked[1]?.['sec-websocket-extensions'], undefined);
  http2.close();
});

test('what is no WebSocket, or may not be one, is refused as over HTTP/1.1, and its connection goes on', async () => {
  const http2 = await connect(place, OPENAI);
  const refused = async (path: string, headers: OutgoingHttpHeaders): Promise<number> => {
    const stream = ask(http2, path, headers);
    const answer = answerOf(stream);
    stream.once('response', () => stream.end());
    return (await answer).status;
  };
  assert.equal(await refused(REALTIME, { ':protocol': 'connect-udp' }), 501);
  assert.equal(await refused(REALTIME, { 'sec-websocket-version': '8' }), 426);
  assert.equal(await refused(REALTIME, { 'content-length': '3' }), 400);
  assert.equal(await refused(REALTIME, { ':authority': 'api.anthropic.com' }), 421);
  assert.equal(await refused(`/v1/realtime?note=${CARD.replaceAll(' ', '')}`, {}), 400, 'a card in the query');
  http2.close();
});

test('when the proxy stops, WebSockets over HTTP/2 are told that it goes away', { timeout: 120_000 }, async () => {
  const own = await startWebSocketPlace({ http2: 'announced' });
  const closed = Promise.withResolvers<number>();
  serveAll(own, (socket) => socket.on('close', (code) => closed.resolve(code)));
  const http2 = await connect(own, PLAIN);
  const { client } = await open(http2, '/socket');
  await own.close();
  assert.equal((await client.closed).code, 1001);
  assert.equal(await closed.promise, 1001);
});
