/** How a WebSocket ends (RFC 6455 §7.4): the codes, what stands in a close frame, and a peer that breaks the protocol. Pure. */
import { isUtf8 } from 'node:buffer';

export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocol: 1002,
  invalidText: 1007,
  policy: 1008,
  tooLarge: 1009,
  internal: 1011,
  tryLater: 1013,
} as const;

/** What a close frame says; code null where it is empty. */
export interface Close {
  readonly code: number | null;
  /** UTF-8, at most 123 bytes. */
  readonly reason: string;
}

/** A peer has sent what no WebSocket may carry. `code` is what it is told; `message` quotes nothing. */
export class BrokenProtocol extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A close frame holds at most 125 bytes, two of them the code. */
const MAX_REASON_BYTES = 123;

/** Reads the payload of a close frame. Throws BrokenProtocol. */
export function readClose(payload: Buffer): Close {
  if (payload.length === 0) return { code: null, reason: '' };
  if (payload.length === 1) throw new BrokenProtocol(CLOSE.protocol, 'a close frame with half a code');
  const code = payload.readUInt16BE(0);
  if (!isSendable(code)) throw new BrokenProtocol(CLOSE.protocol, 'a close code that is not for the wire');
  const reason = payload.subarray(2);
  if (!isUtf8(reason)) throw new BrokenProtocol(CLOSE.invalidText, 'a close reason that is not UTF-8');
  return { code, reason: reason.toString('utf8') };
}

/** Of the codes below 3000 those that a peer may send; 1004 to 1006 and 1015 are never on the wire (§7.4.1). */
function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006);
}

/** The payload of a close frame; a reason that is too long is cut between two characters. */
export function closePayload({ code, reason }: Close): Buffer {
  if (code === null) return Buffer.alloc(0);
  let text = Buffer.from(reason, 'utf8');
  if (text.length > MAX_REASON_BYTES) {
    let end = MAX_REASON_BYTES;
    while (end > 0 && ((text[end] as number) & 0xc0) === 0x80) end--;
    text = text.subarray(0, end);
  }
  const payload = Buffer.alloc(2 + text.length);
  payload.writeUInt16BE(code, 0);
  payload.set(text, 2);
  return payload;
}
