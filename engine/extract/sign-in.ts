/**
 * Sign-in and token endpoints of the vendors and their coding agents: credentials are what these calls are made of,
 * so they pass unedited and unscanned, with coverage `opaque: sign-in`. Exact host and path, nothing else at the host:
 * a wider match would be a hole to send anything through.
 *
 * Sources (public constants of the clients): Claude Code's authorize and token URLs (platform.claude.com,
 * console.anthropic.com in older versions, key creation at api.anthropic.com); openai/codex, codex-rs/login (auth.openai.com,
 * /oauth/token and /api/accounts/deviceauth/*); GitHub's device flow,
 * https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps#device-flow, and the Copilot
 * token exchange at api.github.com; Google's OAuth 2.0 endpoints as used by google-auth-library in Gemini CLI,
 * https://accounts.google.com/.well-known/openid-configuration and
 * https://developers.google.com/identity/protocols/oauth2/limited-input-device; Cursor's page and poll (cursor.com,
 * api2.cursor.sh); AWS's OIDC service, by region, for Amazon Q and Kiro
 * (https://docs.aws.amazon.com/singlesignon/latest/OIDCAPIReference/Welcome.html), and Kiro's own for social log-ins;
 * qwen-code, packages/core/src/qwen. opencode signs in by those of the providers that it uses.
 */

/** `METHOD path` by host. */
const ENDPOINTS: Readonly<Record<string, readonly string[]>> = {
  'platform.claude.com': ['POST /v1/oauth/token'],
  'console.anthropic.com': ['POST /v1/oauth/token'],
  'api.anthropic.com': ['POST /v1/oauth/token', 'POST /api/oauth/claude_cli/create_api_key'],
  'auth.openai.com': [
    'POST /oauth/token',
    'POST /oauth/revoke',
    'POST /api/accounts/deviceauth/usercode',
    'POST /api/accounts/deviceauth/token',
  ],
  'github.com': ['POST /login/device/code', 'POST /login/oauth/access_token'],
  'api.github.com': ['GET /copilot_internal/v2/token'],
  'oauth2.googleapis.com': ['POST /token', 'POST /device/code', 'POST /revoke', 'POST /tokeninfo'],
  'accounts.google.com': ['POST /o/oauth2/token'],
  'www.googleapis.com': ['POST /oauth2/v4/token'],
  'sts.googleapis.com': ['POST /v1/token'],
  'api2.cursor.sh': ['GET /auth/poll', 'POST /oauth/token', 'POST /auth/exchange_user_api_key'],
  'prod.authentication.cursor.sh': ['POST /oauth/token'],
  'chat.qwen.ai': ['POST /api/v1/oauth2/device/code', 'POST /api/v1/oauth2/token'],
};

/** The same by a host that is there once a region, whose name is one label. */
const REGIONAL: readonly (readonly [host: RegExp, routes: readonly string[]])[] = [
  [/^oidc\.[a-z0-9-]+\.amazonaws\.com$/, ['POST /client/register', 'POST /device_authorization', 'POST /token']],
  [/^prod\.[a-z0-9-]+\.auth\.desktop\.kiro\.dev$/, ['POST /oauth/token', 'POST /refreshToken', 'POST /logout']],
];
const KNOWN: ReadonlySet<string> = new Set(
  Object.entries(ENDPOINTS).flatMap(([host, routes]) => routes.map((route) => `${host} ${route}`)),
);

/** Whether a request signs in. `host` is canonical; `path` may have a query, which RFC 6749 clients may use for parameters. */
export function isSignIn(host: string, method: string, path: string): boolean {
  const query = path.indexOf('?');
  const route = `${method} ${query === -1 ? path : path.slice(0, query)}`;
  if (KNOWN.has(`${host} ${route}`)) return true;
  return REGIONAL.some(([pattern, routes]) => routes.includes(route) && pattern.test(host));
}
