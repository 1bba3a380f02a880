/**
 * A refusal as a browser needs it: a script of another origin sees an error only with the headers of CORS (Fetch standard,
 * §3.2), and a person who navigated somewhere gets a page instead of JSON. Other clients get it as it is.
 */
import type { Refusal } from '../../engine/transform/refuse.ts';
import { headerOf } from '../../flow/message.ts';

const STYLE = 'body{font:16px/1.5 system-ui,sans-serif;max-width:40rem;margin:4rem auto;padding:0 1.25rem}';

/** `raw` is the request's flat header list. */
export function forBrowser(refusal: Refusal, raw: readonly string[]): Refusal {
  if (isNavigation(raw)) return asPage(refusal);
  const origin = headerOf(raw, 'origin');
  // What the answer says is about the request that the page itself has made: nothing of anyone else's is in it.
  if (origin === null || !ORIGIN.test(origin)) return refusal;
  const cors = [
    'Access-Control-Allow-Origin',
    origin,
    'Access-Control-Allow-Credentials',
    'true',
    'Access-Control-Expose-Headers',
    'x-weir-event, x-weir-action, x-should-retry',
    'Vary',
    'Origin',
  ];
  return { ...refusal, headers: [...refusal.headers, ...cors] };
}

/** Serialised as browsers do (RFC 6454 §6.2); `null` stands for an origin that has no name. */
const ORIGIN = /^(?:null|[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9.:[\]_-]+)$/;

/** By Sec-Fetch-Mode (Fetch Metadata), which every browser of today sends to secure origins. */
function isNavigation(raw: readonly string[]): boolean {
  const mode = headerOf(raw, 'sec-fetch-mode');
  if (mode !== null) return mode === 'navigate';
  return /^\s*text\/html\b/i.test(headerOf(raw, 'accept') ?? '') && headerOf(raw, 'x-requested-with') === null;
}

function asPage(refusal: Refusal): Refusal {
  const body = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Stopped by Weir</title>
<style>${STYLE}</style></head>
<body><h1>Stopped by Weir</h1><p>${htmlText(refusal.text)}</p></body></html>
`;
  const headers = [
    ...withoutContentType(refusal.headers),
    'content-type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'X-Content-Type-Options',
    'nosniff',
  ];
  return { ...refusal, headers, body: Buffer.from(body, 'utf8') };
}

function withoutContentType(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)]?.toLowerCase() !== 'content-type');
}

export function htmlText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
