/**
 * An identity provider on loopback for tests of the console's sign-in: `oidc-provider` with people of a small company, a page
 * that asks for a name, and consent given beforehand. It is listening before it knows its client, since each has to know the
 * address of the other.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type ClientAuthMethod, type Configuration, Provider } from 'oidc-provider';
import { assembled } from '../../engine/scan/recognizer.ts';

export interface Someone {
  readonly claims: Readonly<Record<string, unknown>>;
}

/** By the name that they sign in with. */
export const PEOPLE: Readonly<Record<string, Someone>> = {
  ada: { claims: { preferred_username: 'ada', groups: ['security-leads', 'everyone'] } },
  ravi: { claims: { preferred_username: 'ravi', groups: ['security', 'everyone'] } },
  vera: { claims: { preferred_username: 'vera', groups: 'auditors' } },
  norma: { claims: { preferred_username: 'norma', groups: ['everyone'] } },
  nick: { claims: { preferred_username: 'nick' } },
  nora: { claims: { email: 'nora@corp.example', email_verified: true, realm_access: { roles: ['weir-admin'] } } },
};

export const CLIENT = 'weir-console';
export const SECRET = assembled('a-secret-of-the-', 'console-only-for-tests');

export interface ClientSettings {
  /** The console's origin. */
  readonly origin: string;
  readonly authentication?: ClientAuthMethod;
  /** Public keys, for private_key_jwt. */
  readonly keys?: readonly object[];
  /** Whether a logout is posted to the console. */
  readonly isTold?: boolean;
}

export interface IdentityProvider {
  readonly issuer: string;
  /** Takes the console as its client. */
  register(client: ClientSettings): void;
  /** What people have; changes hold from the next token on. */
  readonly people: Map<string, Someone>;
  /** While true every request is answered with 503. */
  isDown: boolean;
  /** Requests by path, all of them. */
  readonly asked: string[];
  /** Takes back all that was granted, so that no refresh token is good any more. */
  revokeAll(): Promise<void>;
  close(): Promise<void>;
}

export async function startIdentityProvider(): Promise<IdentityProvider> {
  let provider: Provider | null = null;
  const people = new Map(Object.entries(PEOPLE));
  const grants = new Set<string>();
  const asked: string[] = [];
  const state = { isDown: false };
  const server = createServer((request, response) => {
    asked.push((request.url ?? '').split('?')[0] ?? '');
    if (state.isDown || provider === null) {
      response.writeHead(503).end();
      return;
    }
    const [, uid] = /^\/interaction\/([\w-]+)$/.exec(request.url ?? '') ?? [];
    if (uid === undefined) provider.callback()(request, response);
    else void askName(provider, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const issuer = `http://127.0.0.1:${port}`;
  return {
    issuer,
    people,
    asked,
    get isDown() {
      return state.isDown;
    },
    set isDown(is: boolean) {
      state.isDown = is;
    },
    register(client) {
      provider = new Provider(issuer, configurationFor(client, people, grants));
    },
    async revokeAll() {
      for (const id of grants) await (await provider?.Grant.find(id))?.destroy();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function configurationFor(client: ClientSettings, people: Map<string, Someone>, grants: Set<string>): Configuration {
  const { origin, authentication = 'client_secret_basic', keys, isTold = true } = client;
  return {
    clients: [
      {
        client_id: CLIENT,
        ...(authentication === 'private_key_jwt' ? {} : { client_secret: SECRET }),
        ...(keys === undefined ? {} : { jwks: { keys: [...keys] as never[] } }),
        token_endpoint_auth_method: authentication,
        redirect_uris: [`${origin}/api/v1/session/provider/callback`],
        post_logout_redirect_uris: [`${origin}/signin`],
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        ...(isTold
          ? {
              backchannel_logout_uri: `${origin}/api/v1/session/provider/logout`,
              backchannel_logout_session_required: true,
            }
          : {}),
      },
    ],
    pkce: { required: () => true },
    // Groups belong into the ID token, which is all that the console reads.
    conformIdTokenClaims: false,
    claims: {
      openid: ['sub', 'preferred_username', 'groups', 'realm_access'],
      email: ['email', 'email_verified'],
      profile: [],
    },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => {
          context.body = `<!doctype html><html lang="en"><title>Sign out</title><body><h1>Sign out of the corporation?</h1>${form}<button autofocus type="submit" form="op.logoutForm" value="yes" name="logout">Yes, sign out</button></body></html>`;
        },
      },
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    cookies: { keys: ['a key of tests'] },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => {
      const someone = people.get(id);
      if (someone === undefined) return undefined;
      return { accountId: id, claims: () => ({ sub: id, ...someone.claims }) };
    },
    async loadExistingGrant(context) {
      const { provider, client: known, session } = context.oidc;
      const grant = new provider.Grant({ clientId: known?.clientId ?? '', accountId: session?.accountId ?? '' });
      grant.addOIDCScope('openid profile email');
      grants.add(await grant.save());
      return grant;
    },
    // Without its own connector, which connects to no address of this host, as a provider in earnest should not.
    fetch: (url, options) => {
      const { dispatcher: _, ...rest }: RequestInit & { readonly dispatcher?: unknown } = { ...options };
      return fetch(url, rest);
    },
  };
}

/** A page with one field, and its answer. */
async function askName(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(
      '<!doctype html><html lang="en"><title>Corporation</title><body><main><h1>Corporation</h1><form method="post"><label>Name <input name="who"></label><button>Continue</button></form></main></body></html>',
    );
    return;
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const who = new URLSearchParams(Buffer.concat(chunks).toString('utf8')).get('who') ?? '';
  const result = who === 'cancel' ? { error: 'access_denied' } : { login: { accountId: who } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}
