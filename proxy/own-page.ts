/**
 * What the proxy's own address answers: how to route a program through it, and to `weir run` that it is a Weir and
 * whose. It serves no record and no key.
 */
import type { ClientRequest, ClientResponse } from './client-message.ts';

export interface OwnFacts {
  readonly version: string;
  /** First 16 hex digits of the SHA-256 of the authority's certificate. */
  readonly homeDigest: string;
  readonly port: number;
}

export function ownPage(request: ClientRequest, response: ClientResponse, target: string, facts: OwnFacts): void {
  const path = target.split('?', 1)[0];
  if (path === '/.well-known/weir') {
    const { version, homeDigest } = facts;
    return send(response, 200, 'application/json', `${JSON.stringify({ name: 'weir', version, home: homeDigest })}\n`);
  }
  if (path === '/' && (request.method === 'GET' || request.method === 'HEAD')) {
    return send(response, 200, 'text/plain; charset=utf-8', pageText(facts));
  }
  send(response, 404, 'text/plain; charset=utf-8', `Nothing here. ${pageText(facts)}`);
}

function pageText({ port }: OwnFacts): string {
  return `This is Weir, a data-loss guard for GenAI.

Route a command through it:       weir run -- CMD
Or set, for any program:          HTTPS_PROXY=http://127.0.0.1:${port}  (and trust the file that \`weir ca path\` prints)
Or use it as a gateway:           OPENAI_BASE_URL=http://127.0.0.1:${port}/openai/v1
`;
}

function send(response: ClientResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, [
    'Content-Type',
    contentType,
    'Content-Length',
    String(Buffer.byteLength(body)),
    'x-weir',
    '1',
    'X-Content-Type-Options',
    'nosniff',
  ]);
  response.end(body);
}
