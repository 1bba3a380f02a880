/**
 * What the proxy's own address answers, and `http://weir.local/` through it: whether this browser is routed and trusts the
 * authority, how to get there, the authority's public certificate and a proxy.pac. It serves no record and no key, and
 * has no script.
 */
import { type HostPort, hostPortText } from '../../catalog/host.ts';
import { headerOf } from '../../flow/message.ts';
import type { ClientRequest, ClientResponse } from '../client-message.ts';
import type { Authority } from '../tls/authority.ts';
import { PAGE_POLICY, pageHtml, pageText } from './home-page.ts';
import { mobileConfig } from './mobile-config.ts';
import { proxyAutoConfig } from './proxy-auto-config.ts';

export interface OwnFacts {
  readonly version: string;
  readonly authority: Authority;
  /** Patterns of the hosts of GenAI providers, as the catalog has them. */
  readonly genaiHosts: readonly string[];
  /** Where the proxy listens, as clients reach it. */
  readonly place: () => HostPort;
}

export interface OwnRequest {
  /** Path and query. */
  readonly target: string;
  /** True when the client came through the proxy to `weir.local`. */
  readonly isRouted: boolean;
}

interface Page {
  readonly status?: number;
  readonly type: string;
  readonly body: string | Buffer;
  /** A file to keep, with its name. */
  readonly fileName?: string;
}

export function ownPage(
  request: ClientRequest,
  response: ClientResponse,
  { target, isRouted }: OwnRequest,
  facts: OwnFacts,
): void {
  const [path = '/', query = ''] = target.split('?', 2);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const page = pageOf(path, query, request.rawHeaders, isRouted, facts);
  if (page !== null && isRead) return send(request, response, page);
  // A call to a gateway path that is no provider's is told so, whatever its method.
  send(request, response, { ...notFound(facts), status: page === null ? 404 : 405 });
}

function pageOf(
  path: string,
  query: string,
  headers: readonly string[],
  isRouted: boolean,
  facts: OwnFacts,
): Page | null {
  const { authority, version } = facts;
  switch (path) {
    case '/.well-known/weir':
      return json({ name: 'weir', version, home: authority.digest });
    case '/':
      return (headerOf(headers, 'accept') ?? '').includes('text/html')
        ? { type: 'text/html; charset=utf-8', body: pageHtml(facts, isRouted) }
        : { type: 'text/plain; charset=utf-8', body: pageText(facts) };
    // Both can only be loaded by a browser that is routed, and the second by one that trusts the authority.
    case '/routed.svg':
    case '/trusted.svg':
      return isRouted ? { type: 'image/svg+xml', body: YES } : null;
    case '/ca.pem':
      return { type: 'application/x-pem-file', body: authority.trustPem, fileName: 'weir-ca.pem' };
    case '/ca.crt':
      return { type: 'application/x-x509-ca-cert', body: authority.certificate.raw, fileName: 'weir-ca.crt' };
    case '/ca.mobileconfig':
      return { type: 'application/x-apple-aspen-config', body: mobileConfig(authority), fileName: 'weir.mobileconfig' };
    case '/proxy.pac': {
      const isAll = query.split('&').includes('all');
      const body = proxyAutoConfig(placeOf(headers, isRouted, facts), isAll ? null : facts.genaiHosts);
      return { type: 'application/x-ns-proxy-autoconfig', body };
    }
    default:
      return null;
  }
}

/** A client that reached the proxy by some name of it reaches it by that name again; the name was checked before. */
function placeOf(headers: readonly string[], isRouted: boolean, facts: OwnFacts): string {
  const host = isRouted ? null : headerOf(headers, 'host');
  return host ?? hostPortText(facts.place());
}

const YES = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" role="img" aria-label="yes">
<circle cx="12" cy="12" r="11" fill="#1a7f4b"/><path d="M6.5 12.5l3.5 3.5 7.5-8" fill="none" stroke="#fff" stroke-width="2.5"/></svg>
`;

function json(value: unknown): Page {
  return { type: 'application/json', body: `${JSON.stringify(value)}\n` };
}

function notFound(facts: OwnFacts): Page {
  return { type: 'text/plain; charset=utf-8', body: `Nothing here. ${pageText(facts)}` };
}

function send(request: ClientRequest, response: ClientResponse, page: Page): void {
  const body = Buffer.isBuffer(page.body) ? page.body : Buffer.from(page.body, 'utf8');
  const headers = [
    'Content-Type',
    page.type,
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'x-weir',
    '1',
    'X-Content-Type-Options',
    'nosniff',
    'Content-Security-Policy',
    PAGE_POLICY,
    'Referrer-Policy',
    'no-referrer',
  ];
  if (page.fileName !== undefined) headers.push('Content-Disposition', `attachment; filename="${page.fileName}"`);
  if (page.status === 405) headers.push('Allow', 'GET, HEAD');
  response.writeHead(page.status ?? 200, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}
