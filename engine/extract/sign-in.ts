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
 * https://developers.google.com/identity/protocols/oauth2/limited-input-device.
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
};
const KNOWN: ReadonlySet<string> = new Set(
  Object.entries(ENDPOINTS).flatMap(([host, routes]) => routes.map((route) => `${host} ${route}`)),
);

/** Whether a request signs in. `host` is canonical; `path` may have a query, which RFC 6749 clients may use for parameters. */
export function isSignIn(host: string, method: string, path: string): boolean {
  const query = path.indexOf('?');
  return KNOWN.has(`${host} ${method} ${query === -1 ? path : path.slice(0, query)}`);
}
