/**
 * HMAC-SHA256 (RFC 2104) of texts, of which there are several for each record: as two plain digests, since making an HMAC
 * object costs more than what it then digests. Keeps the two padded forms of each key as long as the key lives.
 */
import { createHmac, hash, type KeyObject } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Of a longer text the object costs nothing beside the digest. */
const MAX_TEXT_BYTES = 16_384;
/** Of one UTF-16 code unit in UTF-8. */
const MAX_UNIT_BYTES = 3;

interface Pads {
  readonly inner: Buffer;
  /** With room for the inner digest behind. */
  readonly outer: Buffer;
}

const known = new WeakMap<KeyObject, Pads>();
const scratch = Buffer.alloc(BLOCK_BYTES + MAX_TEXT_BYTES);

/** The code of a text, as UTF-8, under a secret key. `binary`: a character a byte. */
export function hmacSha256(key: KeyObject, text: string, encoding: 'base64url' | 'binary' | 'hex'): string {
  if (text.length * MAX_UNIT_BYTES > MAX_TEXT_BYTES) return createHmac('sha256', key).update(text).digest(encoding);
  const { inner, outer } = padsOf(key);
  inner.copy(scratch);
  const bytes = BLOCK_BYTES + scratch.write(text, BLOCK_BYTES);
  outer.write(hash('sha256', scratch.subarray(0, bytes), 'binary'), BLOCK_BYTES, 'latin1');
  // Values are among the texts: none is kept.
  scratch.fill(0, BLOCK_BYTES, bytes);
  return hash('sha256', outer, encoding);
}

function padsOf(key: KeyObject): Pads {
  const earlier = known.get(key);
  if (earlier !== undefined) return earlier;
  const bytes = key.export();
  const short = bytes.length > BLOCK_BYTES ? hash('sha256', bytes, 'buffer') : bytes;
  const padded = (by: number, more: number) => {
    const pad = Buffer.alloc(BLOCK_BYTES + more);
    short.copy(pad);
    for (let at = 0; at < BLOCK_BYTES; at++) pad[at] = (pad[at] ?? 0) ^ by;
    return pad;
  };
  const pads = { inner: padded(0x36, 0), outer: padded(0x5c, DIGEST_BYTES) };
  known.set(key, pads);
  return pads;
}
