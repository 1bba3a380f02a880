/** How the console's listener answers: headers that keep every answer to its own pages, and bodies of known length. */
import type { ServerResponse } from 'node:http';

/** On every answer. What may run on a page is said where pages are served. */
export const GUARDS = {
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  send(response, status, 'application/json', `${JSON.stringify(body)}\n`);
}

export function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  const isText = contentType.startsWith('text/');
  response.writeHead(status, {
    ...GUARDS,
    'Content-Type': isText ? `${contentType}; charset=utf-8` : contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  });
  response.end(body);
}
