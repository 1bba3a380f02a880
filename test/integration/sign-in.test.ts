/** How coding agents sign in, by device code and by PKCE, and refresh: with the shipped policies every call passes as it is. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { MAIL } from '../support/planted.ts';
import { startUnderTest, type UnderTest } from '../support/weir-under-test.ts';
import { connectThrough } from '../support/wire.ts';

interface Step {
  readonly host: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Goes as JSON, or as a form. */
  readonly body?: object | URLSearchParams;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Without a meaning, and the same on every run. */
function noise(bytes: number, name: string): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, i) =>
    createHash('sha256').update(`${name} ${i}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

const verifier = noise(32, 'verifier').toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');
const state = noise(32, 'state').toString('base64url');
const code = noise(24, 'code').toString('base64url');
const uuid = '3f0c1d52-7b7e-4c55-9d3e-2a6f5b8c1e07';
const jwt = [
  'eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9',
  noise(60, 'claims').toString('base64url'),
  noise(64, 'signature').toString('base64url'),
].join('.');
const refresh = ['sk', '-ant-ort01-', noise(60, 'refresh').toString('base64url')].join('');
const github = ['gh', 'o_', noise(27, 'github').toString('hex').slice(0, 36)].join('');
const google = ['1/', '/0g', noise(48, 'google').toString('base64url')].join('');
const secret = ['GO', 'CSPX-', noise(21, 'secret').toString('base64url')].join('');
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const PKCE = `response_type=code&code_challenge=${challenge}&code_challenge_method=S256&state=${state}`;
const REDIRECT = 'http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback';

const FLOWS: Readonly<Record<string, readonly Step[]>> = {
  'Claude Code, PKCE': [
    {
      host: 'claude.ai',
      method: 'GET',
      path: `/oauth/authorize?code=true&client_id=${uuid}&${PKCE}&redirect_uri=${REDIRECT}&scope=user%3Aprofile`,
    },
    {
      host: 'platform.claude.com',
      method: 'POST',
      path: '/v1/oauth/token',
      body: {
        grant_type: 'authorization_code',
        code,
        code_verifier: verifier,
        state,
        client_id: uuid,
        redirect_uri: 'http://localhost:1',
      },
    },
    {
      host: 'api.anthropic.com',
      method: 'POST',
      path: '/api/oauth/claude_cli/create_api_key',
      headers: { authorization: `Bearer ${refresh}` },
    },
    {
      host: 'api.anthropic.com',
      method: 'GET',
      path: '/api/oauth/profile',
      headers: { authorization: `Bearer ${refresh}` },
    },
  ],
  'Claude Code, refresh': [
    {
      host: 'console.anthropic.com',
      method: 'POST',
      path: '/v1/oauth/token',
      body: { grant_type: 'refresh_token', refresh_token: refresh, client_id: uuid },
    },
  ],
  'Codex, PKCE': [
    {
      host: 'auth.openai.com',
      method: 'GET',
      path: `/oauth/authorize?client_id=app_x&${PKCE}&redirect_uri=${REDIRECT}&scope=openid`,
    },
    {
      host: 'auth.openai.com',
      method: 'POST',
      path: '/oauth/token',
      body: new URLSearchParams([
        ['grant_type', 'authorization_code'],
        ['code', code],
        ['code_verifier', verifier],
        ['client_id', 'app_x'],
      ]),
    },
    {
      host: 'auth.openai.com',
      method: 'POST',
      path: '/oauth/token',
      body: new URLSearchParams([
        ['grant_type', 'urn:ietf:params:oauth:grant-type:token-exchange'],
        ['requested_token', 'openai-api-key'],
        ['subject_token', jwt],
      ]),
    },
  ],
  'Codex, device code': [
    {
      host: 'auth.openai.com',
      method: 'POST',
      path: '/api/accounts/deviceauth/usercode',
      body: { client_id: 'app_x' },
    },
    {
      host: 'auth.openai.com',
      method: 'POST',
      path: '/api/accounts/deviceauth/token',
      body: { device_auth_id: uuid, user_code: 'ABCD-EFGHI' },
    },
  ],
  'Codex, refresh': [
    {
      host: 'auth.openai.com',
      method: 'POST',
      path: '/oauth/token',
      body: { grant_type: 'refresh_token', refresh_token: jwt, client_id: 'app_x' },
    },
  ],
  'Copilot, device code and exchange': [
    {
      host: 'github.com',
      method: 'POST',
      path: '/login/device/code',
      body: { client_id: 'Iv1.b507a08c87ecfe98', scope: 'read:user' },
    },
    {
      host: 'github.com',
      method: 'POST',
      path: '/login/oauth/access_token',
      body: { client_id: 'Iv1.b507a08c87ecfe98', device_code: verifier, grant_type: DEVICE },
    },
    {
      host: 'api.github.com',
      method: 'GET',
      path: '/copilot_internal/v2/token',
      headers: { authorization: `token ${github}` },
    },
  ],
  'Gemini CLI, PKCE': [
    {
      host: 'accounts.google.com',
      method: 'GET',
      path: `/o/oauth2/v2/auth?client_id=x.apps.googleusercontent.com&${PKCE}&access_type=offline`,
    },
    {
      host: 'oauth2.googleapis.com',
      method: 'POST',
      path: '/token',
      body: new URLSearchParams([
        ['client_id', 'x'],
        ['client_secret', secret],
        ['code', code],
        ['code_verifier', verifier],
        ['grant_type', 'authorization_code'],
      ]),
    },
    {
      host: 'cloudcode-pa.googleapis.com',
      method: 'POST',
      path: '/v1internal:loadCodeAssist',
      body: { metadata: { ideType: 'IDE_UNSPECIFIED' } },
      headers: { authorization: `Bearer ${google}` },
    },
  ],
  'Gemini CLI, device code and refresh': [
    {
      host: 'oauth2.googleapis.com',
      method: 'POST',
      path: '/device/code',
      body: new URLSearchParams([
        ['client_id', 'x'],
        ['scope', 'email'],
      ]),
    },
    {
      host: 'oauth2.googleapis.com',
      method: 'POST',
      path: '/token',
      body: new URLSearchParams([
        ['client_id', 'x'],
        ['client_secret', secret],
        ['device_code', verifier],
        ['grant_type', DEVICE],
      ]),
    },
    {
      host: 'oauth2.googleapis.com',
      method: 'POST',
      path: '/token',
      body: new URLSearchParams([
        ['client_id', 'x'],
        ['client_secret', secret],
        ['refresh_token', google],
        ['grant_type', 'refresh_token'],
      ]),
    },
  ],
  'Cursor, PKCE by polling, and refresh': [
    {
      host: 'cursor.com',
      method: 'GET',
      path: `/loginDeepControl?challenge=${challenge}&uuid=${uuid}&mode=login&redirectTarget=cli`,
    },
    { host: 'api2.cursor.sh', method: 'GET', path: `/auth/poll?uuid=${uuid}&verifier=${verifier}` },
    {
      host: 'api2.cursor.sh',
      method: 'POST',
      path: '/oauth/token',
      body: { grant_type: 'refresh_token', client_id: 'x', refresh_token: jwt },
    },
    {
      host: 'api2.cursor.sh',
      method: 'POST',
      path: '/auth/exchange_user_api_key',
      body: {},
      headers: { authorization: `Bearer ${jwt}` },
    },
  ],
  'opencode, by the providers that it uses': [
    {
      host: 'console.anthropic.com',
      method: 'POST',
      path: '/v1/oauth/token',
      body: { code, state, grant_type: 'authorization_code', client_id: uuid, code_verifier: verifier },
    },
    {
      host: 'github.com',
      method: 'POST',
      path: '/login/device/code',
      body: { client_id: 'Ov23li8tweQw6odWQebz', scope: 'read:user' },
    },
    { host: 'opencode.ai', method: 'GET', path: '/auth' },
  ],
  'Amazon Q, device code and refresh': [
    {
      host: 'oidc.us-east-1.amazonaws.com',
      method: 'POST',
      path: '/client/register',
      body: { clientName: 'Amazon Q', clientType: 'public', scopes: ['codewhisperer:completions'] },
    },
    {
      host: 'oidc.us-east-1.amazonaws.com',
      method: 'POST',
      path: '/device_authorization',
      body: { clientId: uuid, clientSecret: jwt, startUrl: 'https://view.awsapps.com/start' },
    },
    {
      host: 'oidc.eu-central-1.amazonaws.com',
      method: 'POST',
      path: '/token',
      body: { clientId: uuid, clientSecret: jwt, deviceCode: verifier, grantType: DEVICE },
    },
    {
      host: 'oidc.us-east-1.amazonaws.com',
      method: 'POST',
      path: '/token',
      body: { clientId: uuid, clientSecret: jwt, refreshToken: verifier, grantType: 'refresh_token' },
    },
    {
      host: 'prod.us-east-1.auth.desktop.kiro.dev',
      method: 'POST',
      path: '/oauth/token',
      body: { code, code_verifier: verifier, redirect_uri: 'http://localhost:3128' },
    },
    {
      host: 'prod.us-east-1.auth.desktop.kiro.dev',
      method: 'POST',
      path: '/refreshToken',
      body: { refreshToken: verifier },
    },
  ],
};

let weir: UnderTest;
before(async () => {
  const hosts = new Set(Object.values(FLOWS).flatMap((steps) => steps.map(({ host }) => `${host}:443`)));
  weir = await startUnderTest({
    hosts: [...hosts],
    script: async ({ response, received }) => {
      await received;
      const answer = JSON.stringify({ access_token: jwt, refresh_token: refresh, email: MAIL });
      response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
    },
  });
});
after(() => weir.close());

async function send(step: Step): Promise<{ status: number; text: string }> {
  const { body: given } = step;
  const isForm = given instanceof URLSearchParams;
  const body = given === undefined ? '' : isForm ? given.toString() : JSON.stringify(given);
  const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json';
  const own = Object.entries(step.headers ?? {}).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${step.method} ${step.path} HTTP/1.1\r\nHost: ${step.host}\r\nContent-Type: ${type}\r\n${own.join('')}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
  const wire = await connectThrough(weir.port, step.host, weir.ca);
  wire.write(head + body);
  const answer = await wire.answer(step.method);
  wire.destroy();
  if (answer.status === 200) {
    const seen = weir.standIn.requests.at(-1);
    assert.equal(seen?.target, step.path);
    assert.equal(seen?.body.toString(), body);
  }
  return { status: answer.status, text: answer.text };
}

for (const [name, steps] of Object.entries(FLOWS)) {
  test(`${name}: every call reaches the provider as it was sent, and the tokens come back`, async () => {
    for (const step of steps) {
      const { status, text } = await send(step);
      assert.equal(status, 200, `${step.method} ${step.host} ${step.path.split('?')[0]}: ${text.slice(0, 200)}`);
      assert.ok(text.includes(jwt));
    }
  });
}

test('beside those paths nothing at these hosts is exempt', async () => {
  const leak = { note: refresh };
  for (const [host, path] of [
    ['platform.claude.com', '/v1/oauth/tokens'],
    ['api2.cursor.sh', '/auth/poll'],
    ['prod.us-east-1.auth.desktop.kiro.dev', '/refresh'],
  ] as const) {
    const before = weir.standIn.requests.length;
    assert.equal((await send({ host, method: 'POST', path, body: leak })).status, 400, host + path);
    assert.equal(weir.standIn.requests.length, before);
  }
});
