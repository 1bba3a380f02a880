/** Heads of requests to an upstream in HTTP/2 (RFC 9113 §8.3), made of those of HTTP/1.1. Pure. */
import { lowerName } from '../../flow/message.ts';
import { isSendable, type UpstreamRequest } from '../upstream-connection.ts';

const PATH = /^\/[\x21-\xff]*$/;

/** A flat list with pseudo-headers first; null where it would not be read as it is meant. */
export function headOf({ method, path, headers, body }: UpstreamRequest, scheme: string): string[] | null {
  if (!isSendable(method, '')) return null;
  const fields = fieldsOf(path, headers);
  if (fields === null) return null;
  const { authority, rest } = fields;
  if (Buffer.isBuffer(body)) rest.push('content-length', String(body.length));
  return [':method', method, ':scheme', scheme, ':authority', authority, ':path', path, ...rest];
}

/** The same for a WebSocket (RFC 8441 §4). */
export function connectHead(path: string, headers: readonly string[], scheme: string): string[] | null {
  const fields = fieldsOf(path, headers);
  if (fields === null) return null;
  const { authority, rest } = fields;
  const target = [':scheme', scheme, ':authority', authority, ':path', path];
  return [':method', 'CONNECT', ':protocol', 'websocket', ...target, ...rest];
}

function fieldsOf(path: string, headers: readonly string[]): { authority: string; rest: string[] } | null {
  if (!PATH.test(path)) return null;
  let authority = '';
  const rest: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = lowerName(headers[i] as string);
    const value = headers[i + 1] as string;
    if (!isSendable(name, value)) return null;
    if (name === 'host') authority = value;
    else rest.push(name, value);
  }
  return { authority, rest };
}

/** A head as it came, without what is no header. */
export function withoutPseudo(raw: readonly string[]): string[] {
  return raw.filter((_, i) => !(raw[i - (i % 2)] as string).startsWith(':'));
}
