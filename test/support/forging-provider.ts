/** A provider on loopback whose ID tokens and answers are whatever a test makes them: what `oidc-provider` never gets wrong. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';

export type Claims = Readonly<Record<string, unknown>>;

export interface ForgingProvider {
  readonly issuer: string;
  /** Of the token endpoint; the claims of its ID token are `claims` with what is right filled in. */
  answer: {
    claims: Claims;
    header: Readonly<Record<string, unknown>>;
    /** Signs the ID token; null leaves it without a signature. */
    key: KeyObject | null;
    /** Replaces the whole body. */
    body: Claims | null;
    status: number;
  };
  /** Changes what it says of itself. */
  metadata: Claims;
  /** Seconds that its clock is ahead. */
  aheadSeconds: number;
  /** Forms that the token endpoint got. */
  readonly forms: URLSearchParams[];
  readonly asked: string[];
  readonly key: KeyObject;
  /** As it would be right now. */
  now(): number;
  jwt(claims: Claims, header?: Readonly<Record<string, unknown>>, key?: KeyObject | null): string;
  close(): Promise<void>;
}

export async function startForgingProvider(client: string): Promise<ForgingProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const forms: URLSearchParams[] = [];
  const asked: string[] = [];
  let issuer = '';
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    asked.push(path);
    response.setHeader('Date', new Date(made.now() * 1000).toUTCString());
    if (path === '/.well-known/openid-configuration') return json(response, 200, { ...own(), ...made.metadata });
    if (path === '/jwks') {
      const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: 'RS256' };
      return json(response, 200, { keys: [jwk] });
    }
    if (path === '/userinfo') return json(response, 200, { sub: 'somebody', groups: ['security-leads'] });
    if (path !== '/token') return json(response, 404, {});
    let text = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const form = new URLSearchParams(text);
      forms.push(form);
      const { claims, header, key, body, status } = made.answer;
      const iat = made.now();
      const right = { iss: issuer, aud: client, sub: 'somebody', iat, exp: iat + 300 };
      const idToken = made.jwt({ ...right, ...claims }, header, key);
      json(
        response,
        status,
        body ?? { access_token: 'a', token_type: 'Bearer', id_token: idToken, refresh_token: 'r' },
      );
    });
  });
  const own = (): Claims => ({
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/jwks`,
    userinfo_endpoint: `${issuer}/userinfo`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  });
  const made: ForgingProvider = {
    get issuer() {
      return issuer;
    },
    answer: { claims: {}, header: {}, key: privateKey, body: null, status: 200 },
    metadata: {},
    aheadSeconds: 0,
    forms,
    asked,
    key: privateKey,
    now: () => Math.floor(Date.now() / 1000) + made.aheadSeconds,
    jwt(claims, header = {}, key = privateKey) {
      const head = { alg: 'RS256', kid: 'one', ...header };
      const input = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
      const signature = key === null ? '' : sign('sha256', Buffer.from(input), key).toString('base64url');
      return `${input}.${signature}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  issuer = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  return made;
}

function json(response: ServerResponse, status: number, body: Claims): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
