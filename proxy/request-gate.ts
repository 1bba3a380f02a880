/**
 * The proxy's own look at a head of HTTP/1 before anything of the request is used: what two readers could frame
 * differently (RFC 9112 §6, §11.2) is refused, whatever the parser before it takes. Pure. It repairs nothing.
 */
import { lowerName } from '../flow/message.ts';
import type { Denied } from './admission.ts';

export interface RequestLine {
  readonly method: string;
  /** `1.1`. */
  readonly version: string;
  readonly target: string;
}

const HOST = 'host'.length;
const LENGTH = 'content-length'.length;
const CODING = 'transfer-encoding'.length;
const UPGRADE = 'upgrade'.length;
/** Of the control characters only the tab belongs into a value (RFC 9110 §5.5). */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const TARGET = /^[\x21-\x22\x24-\x7e\x80-\xff]+$/;

/** Why a request is not read any further; null where it may be. `raw` is the flat header list as received. */
export function refusalOfHead({ method, version, target }: RequestLine, raw: readonly string[]): Denied | null {
  if (version !== '1.1' && version !== '1.0') return malformed(505, 'version_unknown', `HTTP/${version}`);
  if (!TARGET.test(target))
    return malformed(400, 'target_malformed', 'a fragment or a control character in the target');
  let hosts = 0;
  let lengths = 0;
  let length = '';
  let codings = 0;
  let isUpgrade = false;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (CONTROL.test(value)) return malformed(400, 'header_malformed', 'a control character in a header');
    switch (name.length) {
      case HOST:
        if (lowerName(name) === 'host') hosts++;
        break;
      case UPGRADE:
        if (lowerName(name) === 'upgrade') isUpgrade = true;
        break;
      case LENGTH:
        if (lowerName(name) !== 'content-length') break;
        lengths++;
        length = value;
        if (!/^\d{1,15}$/.test(value)) return malformed(400, 'length_malformed', 'Content-Length is not one number');
        break;
      case CODING:
        if (lowerName(name) !== 'transfer-encoding') break;
        codings++;
        if (value.toLowerCase() !== 'chunked')
          return malformed(400, 'coding_refused', 'a Transfer-Encoding other than chunked');
    }
  }
  if (hosts > 1) return malformed(400, 'host_repeated', 'more than one Host header (RFC 9112 §3.2)');
  if (hosts === 0 && version === '1.1') return malformed(400, 'host_missing', 'no Host header (RFC 9112 §3.2)');
  if (lengths > 1) return malformed(400, 'length_malformed', 'more than one Content-Length');
  if (codings > 1) return malformed(400, 'coding_refused', 'more than one Transfer-Encoding');
  if (codings === 0) {
    const hasBody = lengths === 1 && !/^0+$/.test(length);
    if (hasBody && (method === 'CONNECT' || isUpgrade)) return bodyRefused();
    return null;
  }
  if (version !== '1.1') return malformed(400, 'coding_refused', 'Transfer-Encoding in HTTP/1.0');
  if (lengths > 0) return malformed(400, 'coding_refused', 'Transfer-Encoding beside Content-Length');
  return method === 'CONNECT' || isUpgrade ? bodyRefused() : null;
}

function bodyRefused(): Denied {
  return malformed(400, 'body_refused', 'CONNECT and an upgrade have no body');
}

function malformed(status: number, code: string, message: string): Denied {
  return { status, code, message };
}
