/** The Model Context Protocol's own client and server, with a host that no catalog knows between them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport, StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import type { Script } from '../../cli/demo/stand-in.ts';
import { packageRoot } from '../../config/package-root.ts';
import { fetchThrough } from '../support/clients.ts';
import { CARD, MAIL, PERSON, SENTENCE } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';

const HOST = 'tools.weir-test.example';
const POLICY = `apiVersion: weir/v1
kind: Policy
name: cards
description: Card numbers never reach a tool.
severity: high
match: {destinations: {categories: [genai]}}
rules:
  - name: pan
    detect: {entities: [CREDIT_CARD]}
    action: block
`;

/** Arguments and messages as the server's tools got them. */
const received: string[] = [];

/** A server of MCP at each path: `/sse` answers in event streams, `/json` in JSON. */
function mcpServer(): Script {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  return async ({ request, response, received: whole }) => {
    const { body, target } = await whole;
    const id = request.headers['mcp-session-id'];
    let transport = typeof id === 'string' ? sessions.get(id) : undefined;
    if (transport === undefined) {
      transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: () => randomUUID(),
        enableJsonResponse: target === '/json',
        onsessioninitialized: (session) => void (transport && sessions.set(session, transport)),
      });
      await tools().connect(transport as Transport);
    }
    await transport.handleRequest(request, response, body.length === 0 ? undefined : JSON.parse(body.toString('utf8')));
  };
}

function tools(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' });
  server.registerTool('note', { description: 'notes', inputSchema: { text: z.string() } }, ({ text }) => {
    received.push(text);
    return { content: [{ type: 'text', text: `You wrote: ${text}` }] };
  });
  server.registerTool('last', { description: 'the last note' }, () => ({
    content: [{ type: 'text', text: `Before: ${received.at(-1)}` }],
  }));
  return server;
}

let weir: UnderTest;
let proxied: ReturnType<typeof fetchThrough>;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-mcp-'));
  writeFileSync(join(folder, 'cards.yaml'), POLICY);
  const policies = [join(packageRoot, 'policies', 'default.yaml'), join(folder, 'cards.yaml')];
  weir = await startUnderTest({ script: mcpServer(), hosts: [`${HOST}:443`], config: { policies } });
  proxied = fetchThrough(weir);
});
after(async () => {
  await proxied.close();
  await weir.close();
  rmSync(folder, { recursive: true });
});

async function connected(path: string): Promise<Client> {
  const client = new Client({ name: 'agent', version: '1.0.0' });
  const transport = new StreamableHTTPClientTransport(new URL(`https://${HOST}${path}`), { fetch: proxied.fetch });
  await client.connect(transport as Transport);
  return client;
}

function textOf(result: Awaited<ReturnType<Client['callTool']>>): string {
  const [first] = result.content as { type: string; text: string }[];
  return first?.text ?? '';
}

for (const path of ['/sse', '/json']) {
  test(`${path}: pseudonyms go to the tool, and its result comes back with the values`, async () => {
    const client = await connected(path);
    const { tools: listed } = await client.listTools();
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['note', 'last'],
    );
    const result = await client.callTool({ name: 'note', arguments: { text: SENTENCE } });
    const got = received.at(-1) ?? '';
    for (const value of [MAIL, PERSON]) assert.ok(!got.includes(value), 'a value reached the tool');
    assert.match(got, /<PERSON_1>.*<EMAIL_ADDRESS_1>/);
    assert.equal(textOf(result), `You wrote: ${SENTENCE}`);
    // The session is the conversation: what an earlier call sent is put back in a later answer.
    assert.equal(textOf(await client.callTool({ name: 'last', arguments: {} })), `Before: ${SENTENCE}`);
    await client.close();
  });

  test(`${path}: a card is the SDK's own error at once, with the message in JSON-RPC`, async () => {
    const client = await connected(path);
    const before = received.length;
    const error = await client.callTool({ name: 'note', arguments: { text: CARD } }).then(
      () => assert.fail('it was not blocked'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof StreamableHTTPError);
    assert.equal(error.code, 400);
    assert.match(error.message, /"jsonrpc":"2.0","id":\d+,"error":\{"code":-32000/);
    assert.match(error.message, /1 CREDIT_CARD in \/params\/arguments\/text/);
    assert.ok(!error.message.includes('4111'));
    assert.equal(received.length, before);
    await client.close();
  });
}

test('the host counts as GenAI from its first exchange on, vendor unknown', async () => {
  const events = await weir.events(1);
  const first = events.find(({ destination }) => destination.host === HOST);
  assert.equal(first?.destination.category, 'genai');
  assert.equal(first?.destination.vendor, null);
  assert.equal(first?.provider, 'mcp');
});
