import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf } from '../../../cli/traces/gen-ai.ts';
import type { EventBody } from '../../../flow/event.ts';
import { FINDING, OPENAI, sampleEvent } from '../../store/samples.ts';

function facts(change: Partial<EventBody>) {
  return factsOf(sampleEvent({ destination: OPENAI, outcome: 'completed', status: 200, model: 'gpt-4o', ...change }));
}

test('a call of a model is named by operation and model, with provider, server, action and event', () => {
  const { name, attributes, failure } = facts({ id: '01K', route: 'POST /v1/chat/completions', findings: [] });
  assert.equal(name, 'chat gpt-4o');
  assert.equal(failure, null);
  assert.deepEqual(attributes, {
    'gen_ai.provider.name': 'openai',
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-4o',
    'server.address': 'api.openai.com',
    'server.port': 443,
    'http.request.method': 'POST',
    'http.response.status_code': 200,
    'weir.event': '01K',
    'weir.outcome': 'completed',
    'weir.action': 'allow',
    'weir.coverage': 'full',
    'weir.findings': 0,
  });
});

test('operations and providers have the names of the conventions', () => {
  const named: readonly [vendor: string, host: string, path: string, provider: string, operation: string | null][] = [
    ['Anthropic', 'api.anthropic.com', '/v1/messages', 'anthropic', 'chat'],
    [
      'Google',
      'generativelanguage.googleapis.com',
      '/v1beta/models/g:streamGenerateContent',
      'gcp.gemini',
      'generate_content',
    ],
    ['Google', 'us-aiplatform.googleapis.com', '/v1/x/models/g:generateContent', 'gcp.vertex_ai', 'generate_content'],
    ['Amazon', 'bedrock-runtime.eu-west-1.amazonaws.com', '/model/m/converse-stream', 'aws.bedrock', 'chat'],
    ['Microsoft', 'r.openai.azure.com', '/openai/deployments/d/embeddings', 'azure.ai.openai', 'embeddings'],
    ['Mistral AI', 'api.mistral.ai', '/v1/completions', 'mistral_ai', 'text_completion'],
    ['Cohere', 'api.cohere.com', '/v2/embed', 'cohere', 'embeddings'],
    ['xAI', 'api.x.ai', '/v1/responses', 'x_ai', 'chat'],
    ['OpenAI', 'api.openai.com', '/v1/files', 'openai', null],
  ];
  for (const [vendor, host, path, provider, operation] of named) {
    const { attributes } = facts({ destination: { ...OPENAI, vendor, host }, route: `POST ${path}` });
    assert.equal(attributes['gen_ai.provider.name'], provider, path);
    assert.equal(attributes['gen_ai.operation.name'] ?? null, operation, path);
  }
});

test('what is no call of a model has no GenAI attributes', () => {
  const { name, attributes } = facts({
    destination: { ...OPENAI, vendor: null, category: 'unknown' },
    route: 'GET /v1/messages',
  });
  assert.equal(name, 'GET');
  assert.deepEqual(
    Object.keys(attributes).filter((key) => key.startsWith('gen_ai.')),
    [],
  );
});

test('a model that is no name, or in which something was found, is left out', () => {
  assert.equal(facts({ model: 'my card is 1', findings: [] }).attributes['gen_ai.request.model'], undefined);
  const found = facts({ model: 'sk-x', findings: [{ ...FINDING, path: '/model' }], route: 'POST /v1/responses' });
  assert.equal(found.attributes['gen_ai.request.model'], undefined);
  assert.equal(found.name, 'chat');
});

test('how it failed is said: blocked, by status, or by how it ended', () => {
  assert.equal(facts({ outcome: 'blocked', status: 400, action: 'block' }).failure, 'blocked');
  assert.equal(facts({ outcome: 'completed', status: 429 }).failure, '429');
  assert.equal(facts({ outcome: 'upstream_failed', status: 502 }).failure, 'upstream_failed');
  assert.equal(facts({ outcome: 'completed', enforced: false, action: 'block' }).attributes['weir.action'], 'allow');
});

test('streams, tunnels and calls of tools are named as what they are', () => {
  const of = (
    change: Partial<EventBody>,
    kind: 'grpc' | 'connect' | 'websocket' | 'tunnel' | 'http',
    rpcMethod: string | null = null,
  ) =>
    factsOf(sampleEvent({ destination: OPENAI, outcome: 'completed', status: 200, model: null, ...change }), {
      kind,
      rpcMethod,
    });
  const grpc = of({ route: 'POST /chat.v1.Chat/Talk' }, 'grpc');
  assert.equal(grpc.name, 'chat.v1.Chat/Talk');
  const rpc = ['rpc.system', 'rpc.service', 'rpc.method'].map((key) => grpc.attributes[key]);
  assert.deepEqual(rpc, ['grpc', 'chat.v1.Chat', 'Talk']);
  assert.equal(of({ route: 'POST /chat.v1.Chat/Talk' }, 'connect').attributes['rpc.system'], 'connect_rpc');
  assert.equal(of({ route: 'POST /a b/c' }, 'grpc').name, 'POST');
  const tool = of({ route: 'POST /mcp' }, 'http', 'tools/call');
  assert.deepEqual(
    [
      tool.name,
      tool.attributes['mcp.method.name'],
      tool.attributes['gen_ai.operation.name'],
      tool.attributes['rpc.system'],
    ],
    ['tools/call', 'tools/call', 'execute_tool', 'jsonrpc'],
  );
  assert.equal(of({ route: 'POST /mcp' }, 'http', 'my card is 1').attributes['mcp.method.name'], undefined);
  const socket = of({ route: 'GET /v1/realtime', status: 101 }, 'websocket');
  assert.deepEqual([socket.name, socket.attributes['network.protocol.name']], ['GET', 'websocket']);
  const tunnel = of({ route: null, status: 200 }, 'tunnel');
  assert.deepEqual([tunnel.name, tunnel.attributes['network.transport']], ['tunnel', 'tcp']);
});
