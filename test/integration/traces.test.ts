/** Traces as a collector receives them, over its own connection, and the context as the upstream does. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { CARD } from '../support/planted.ts';
import { OPENAI, startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectPlain, connectThrough, jsonRequest, type WireAnswer } from '../support/wire.ts';

interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
}

interface Received {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: ReceivedSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly ReceivedSpan[] }[];
  }[];
}

const bodies: string[] = [];
const waiting = new Set<() => void>();
const collector = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  request.on('end', () => {
    if (request.url === '/v1/traces') bodies.push(body);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    for (const look of waiting) look();
  });
});

let weir: UnderTest;
before(async () => {
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = `http://127.0.0.1:${port}`;
  process.env['OTEL_SERVICE_NAME'] = 'guard';
  process.env['OTEL_BSP_SCHEDULE_DELAY'] = '20';
  weir = await startUnderTest();
});
after(async () => {
  await weir.close();
  collector.close();
});

function spans(): readonly ReceivedSpan[] {
  return bodies.flatMap((body) =>
    (JSON.parse(body) as Received).resourceSpans.flatMap(({ scopeSpans }) =>
      scopeSpans.flatMap((scope) => scope.spans),
    ),
  );
}

/** The span of an answer's event, once the collector has it. */
async function spanOf(answer: WireAnswer): Promise<ReceivedSpan> {
  const event = answer.header('x-weir-event');
  return await spanWhere(({ attributes }) => textIn(attributes, 'weir.event') === event);
}

function textIn(attributes: ReceivedSpan['attributes'], wanted: string): unknown {
  return attributes.find(({ key }) => key === wanted)?.value['stringValue'];
}

async function spanWhere(is: (span: ReceivedSpan) => boolean): Promise<ReceivedSpan> {
  const look = () => spans().find(is);
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise<void>((resolve) => {
      const hear = (): void => {
        waiting.delete(hear);
        resolve();
      };
      waiting.add(hear);
    });
  }
}

async function chat(content: string, head = ''): Promise<WireAnswer> {
  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  const body = { model: 'gpt-4o', messages: [{ role: 'user', content }] };
  wire.write(jsonRequest('POST', '/v1/chat/completions', OPENAI, body, head));
  const answer = await wire.answer('POST');
  wire.destroy();
  return answer;
}

function sentUpstream(name: string): string | null {
  const headers = weir.standIn.requests.at(-1)?.headers ?? [];
  const at = headers.findIndex((one, i) => i % 2 === 0 && one.toLowerCase() === name);
  return at === -1 ? null : (headers[at + 1] ?? null);
}

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

test('an exchange is a span below its caller’s, and the upstream is told of it', async () => {
  const answer = await chat('Name three rivers.', `traceparent: 00-${TRACE}-${PARENT}-01\r\ntracestate: v=1\r\n`);
  assert.equal(answer.status, 200);
  const [, trace, span, flags] = /^00-(\w+)-(\w+)-(\d\d)$/.exec(sentUpstream('traceparent') ?? '') ?? [];
  assert.deepEqual([trace, flags], [TRACE, '01']);
  assert.equal(sentUpstream('tracestate'), 'v=1');
  const received = await spanOf(answer);
  assert.deepEqual([received.traceId, received.parentSpanId, received.spanId], [TRACE, PARENT, span]);
  assert.equal(received.name, 'chat gpt-4o');
  const service = bodies[0] === undefined ? null : (JSON.parse(bodies[0]) as Received).resourceSpans[0];
  assert.ok(service?.resource.attributes.some(({ value }) => value['stringValue'] === 'guard'));
});

test('a caller that was not sampled is not sampled here, and the context passes on', async () => {
  const before = weir.standIn.requests.length;
  await chat('Name one river.', `traceparent: 00-${TRACE}-${PARENT}-00\r\n`);
  assert.equal(weir.standIn.requests.length, before + 1);
  assert.match(sentUpstream('traceparent') ?? '', new RegExp(`^00-${TRACE}-(?!${PARENT})\\w{16}-00$`));
});

test('without a caller’s span a trace begins here; a block is a span too; no content is in any', async () => {
  const blocked = await chat(`my card is ${CARD}`);
  assert.equal(blocked.status, 400);
  const received = await spanOf(blocked);
  assert.equal(received.parentSpanId ?? '', '');
  const action = received.attributes.find(({ key }) => key === 'weir.action');
  assert.equal(action?.value['stringValue'], 'block');
  const all = bodies.join('\n');
  assert.ok(!all.includes(CARD) && !all.includes('rivers') && !all.includes('/v1/chat'));
});

test('a tunnel, a WebSocket and a call of a tool are spans, too', async () => {
  // To the proxy itself nothing is tunnelled.
  const tunnel = await connectPlain(weir.port);
  tunnel.write(`CONNECT 127.0.0.1:${weir.port} HTTP/1.1\r\nHost: 127.0.0.1:${weir.port}\r\n\r\n`);
  assert.equal((await tunnel.answer('CONNECT')).status, 403);
  tunnel.destroy();
  const seen = await spanWhere(({ name }) => name === 'tunnel');
  assert.equal(textIn(seen.attributes, 'network.transport'), 'tcp');

  const socket = await connectThrough(weir.port, OPENAI, weir.ca);
  socket.write(
    `GET /v1/realtime HTTP/1.1\r\nHost: ${OPENAI}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 7\r\n\r\n`,
  );
  const refusedUpgrade = await spanOf(await socket.answer());
  assert.equal(textIn(refusedUpgrade.attributes, 'network.protocol.name'), 'websocket');

  const wire = await connectThrough(weir.port, OPENAI, weir.ca);
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'note', arguments: { text: 'rivers' } } };
  wire.write(jsonRequest('POST', '/mcp', OPENAI, call));
  const tool = await spanOf(await wire.answer('POST'));
  assert.equal(tool.name, 'tools/call');
  assert.equal(textIn(tool.attributes, 'gen_ai.operation.name'), 'execute_tool');
});
