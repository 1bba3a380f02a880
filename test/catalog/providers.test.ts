/** The gateway's paths: each name to its upstream, everything after it untouched, and no way to name another host. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type GatewayProvider, originOf, resolveGateway } from '../../catalog/providers.ts';

function where(target: string, overrides?: ReadonlyMap<string, GatewayProvider>): string | null {
  const found = resolveGateway(target, overrides);
  return found === null ? null : `${found.origin.scheme} ${found.origin.host} ${found.origin.port} ${found.rest}`;
}

const TARGETS: readonly (readonly [target: string, upstream: string])[] = [
  ['/openai/v1/chat/completions', 'https api.openai.com 443 /v1/chat/completions'],
  ['/openai/v1/models?limit=1', 'https api.openai.com 443 /v1/models?limit=1'],
  ['/openai', 'https api.openai.com 443 /'],
  ['/openai/', 'https api.openai.com 443 /'],
  ['/openai?a=b/c', 'https api.openai.com 443 /?a=b/c'],
  ['/anthropic/v1/messages', 'https api.anthropic.com 443 /v1/messages'],
  [
    '/gemini/v1beta/models/g:generateContent?key=x',
    'https generativelanguage.googleapis.com 443 /v1beta/models/g:generateContent?key=x',
  ],
  ['/mistral/v1/x', 'https api.mistral.ai 443 /v1/x'],
  ['/cohere/v2/chat', 'https api.cohere.com 443 /v2/chat'],
  ['/groq/openai/v1/x', 'https api.groq.com 443 /openai/v1/x'],
  ['/ollama/api/chat', 'http 127.0.0.1 11434 /api/chat'],
  ['/together/v1/x', 'https api.together.xyz 443 /v1/x'],
  ['/openrouter/api/v1/x', 'https openrouter.ai 443 /api/v1/x'],
  ['/deepseek/x', 'https api.deepseek.com 443 /x'],
  ['/xai/v1/x', 'https api.x.ai 443 /v1/x'],
  ['/perplexity/x', 'https api.perplexity.ai 443 /x'],
  ['/fireworks/inference/v1/x', 'https api.fireworks.ai 443 /inference/v1/x'],
  [
    '/azure/my-res/openai/deployments/d/x?api-version=1',
    'https my-res.openai.azure.com 443 /openai/deployments/d/x?api-version=1',
  ],
  ['/bedrock/us-east-1/model/m/invoke', 'https bedrock-runtime.us-east-1.amazonaws.com 443 /model/m/invoke'],
  ['/vertex/europe-west4/v1/x', 'https europe-west4-aiplatform.googleapis.com 443 /v1/x'],
  ['/vertex/global/v1/x', 'https aiplatform.googleapis.com 443 /v1/x'],
  ['/vertex/eu/v1/x', 'https aiplatform.eu.rep.googleapis.com 443 /v1/x'],
];

/** What follows the name is the upstream's business, byte for byte. */
const ODD: readonly (readonly [target: string, rest: string])[] = [
  ['/openai//v1', '//v1'],
  ['/openai/../x', '/../x'],
  ['/openai/%2e%2e/x', '/%2e%2e/x'],
  ['/openai/a%2Fb%00', '/a%2Fb%00'],
  ['/openai/http://evil.example/', '/http://evil.example/'],
  ['/openai/@evil.example', '/@evil.example'],
  ['/openai/v1\\..\\x', '/v1\\..\\x'],
  ['/openai/v1#x', '/v1#x'],
];

const NONE = [
  '',
  '/',
  '*',
  'openai/v1',
  '//openai/v1',
  '/./openai/v1',
  '/x/../openai/v1',
  '/OpenAI/v1',
  '/%6fpenai/v1',
  '/openai%2fv1',
  '/openai%3Fv1',
  '/openai.evil.example/v1',
  '/openai@evil.example/v1',
  '/openai:443/v1',
  '/openai;x/v1',
  '/openai#/v1',
  '/openai\\v1',
  '/ openai/v1',
  '/unknown/v1',
  '/__proto__/v1',
  '/constructor/v1',
  '/azure',
  '/azure/',
  '/azure//x',
  '/azure/a.b/x',
  '/azure/evil.example%2f/x',
  '/azure/evil.example#/x',
  '/azure/-a/x',
  '/azure/a-/x',
  '/azure/UPPER/x',
  '/azure/a@b/x',
  '/azure/a:1/x',
  '/azure/../x',
  `/azure/${'a'.repeat(64)}/x`,
  '/bedrock/us_east/x',
  '/vertex/a%2eb/x',
];

describe('a gateway path', () => {
  for (const [target, upstream] of TARGETS)
    test(`${target} leads to ${upstream}`, () => assert.equal(where(target), upstream));

  for (const [target, rest] of ODD) {
    test(`${target} keeps ${rest} and stays on the provider's host`, () => {
      assert.equal(where(target), `https api.openai.com 443 ${rest}`);
    });
  }

  for (const target of NONE) {
    test(`${JSON.stringify(target.slice(0, 40))} names no provider`, () => assert.equal(where(target), null));
  }

  test('names the provider, with its resource or region', () => {
    assert.equal(resolveGateway('/openai/x')?.provider.name, 'openai');
    assert.equal(resolveGateway('/azure/corp/x')?.provider.name, 'azure/corp');
    assert.equal(resolveGateway('/azure/corp/x')?.provider.shape, 'openai');
    assert.equal(resolveGateway('/bedrock/us-east-1/x')?.provider.shape, null);
  });

  test('of the configuration adds a name, and wins over a built-in one', () => {
    const own = new Map<string, GatewayProvider>([
      ['corp', { name: 'corp', url: 'https://llm.corp.example:8443', shape: 'openai' }],
      ['openai', { name: 'openai', url: 'http://[::1]:9000', shape: 'openai' }],
      ['azure', { name: 'azure', url: 'https://one.example', shape: null }],
    ]);
    assert.equal(where('/corp/v1/x', own), 'https llm.corp.example 8443 /v1/x');
    assert.equal(where('/openai/v1/x', own), 'http ::1 9000 /v1/x');
    assert.equal(where('/azure/v1/x', own), 'https one.example 443 /v1/x');
    assert.equal(where('/anthropic/v1/x', own), 'https api.anthropic.com 443 /v1/x');
  });
});

test('an origin has no path, query, password or other scheme', () => {
  assert.deepEqual(originOf('https://A.example'), { scheme: 'https', host: 'a.example', port: 443 });
  assert.deepEqual(originOf('http://a.example:8080/'), { scheme: 'http', host: 'a.example', port: 8080 });
  for (const url of [
    'a.example',
    'ftp://a',
    'https://',
    'https://a/x',
    'https://a?x',
    'https://u:p@a',
    'https://a:0',
    'https://a:70000',
    'https://a b',
  ]) {
    assert.equal(originOf(url), null, url);
  }
});
