/**
 * What is negotiated about permessage-deflate (RFC 7692 §7), with the client and with the upstream each on its own. No other
 * extension is known: none that a client offers is passed on, and an upstream may answer with none. Pure.
 */

/** How messages are compressed on one leg. What we are sent is always read with the largest window. */
export interface DeflateTerms {
  /** Bits of the window that what we send may look back over; null where we send nothing compressed. */
  readonly sendBits: number | null;
  /** What we send may look back into messages before. */
  readonly sendsInContext: boolean;
  /** What we are sent may look back into messages before. */
  readonly receivesInContext: boolean;
}

export interface Accepted {
  readonly terms: DeflateTerms;
  /** Value of Sec-WebSocket-Extensions in the answer. */
  readonly answer: string;
}

/** What we offer an upstream: it may bound our window. */
export const OFFER = 'permessage-deflate; client_max_window_bits';

const NAME = 'permessage-deflate';
const MAX_BITS = 15;
/** zlib has no window of 8 bits for raw deflate: where it is asked for, we cannot compress. */
const MIN_SEND_BITS = 9;

interface Extension {
  readonly name: string;
  /** Null for a parameter without a value. */
  readonly params: ReadonlyMap<string, string | null>;
}

/** The first of a client's offers that can be kept to; null where there is none. */
export function acceptOffer(values: readonly string[]): Accepted | null {
  for (const extension of parseExtensions(values) ?? []) {
    const accepted = extension.name === NAME ? acceptOne(extension.params) : null;
    if (accepted !== null) return accepted;
  }
  return null;
}

function acceptOne(params: Extension['params']): Accepted | null {
  const answer = [NAME];
  let sendBits = MAX_BITS;
  let sendsInContext = true;
  let receivesInContext = true;
  for (const [name, value] of params) {
    switch (name) {
      case 'server_no_context_takeover':
        if (value !== null) return null;
        sendsInContext = false;
        answer.push(name);
        break;
      case 'client_no_context_takeover':
        if (value !== null) return null;
        receivesInContext = false;
        answer.push(name);
        break;
      case 'server_max_window_bits': {
        const bits = windowBits(value);
        if (bits === null || bits < MIN_SEND_BITS) return null;
        sendBits = bits;
        answer.push(`${name}=${bits}`);
        break;
      }
      case 'client_max_window_bits':
        // It says what the client would keep to; nothing smaller than what it likes is needed here.
        if (value !== null && windowBits(value) === null) return null;
        break;
      default:
        return null;
    }
  }
  return { terms: { sendBits, sendsInContext, receivesInContext }, answer: answer.join('; ') };
}

/** The terms of an upstream's answer to OFFER (or to no offer); null without compression, `unknown` for what was not offered. */
export function readAnswer(values: readonly string[], wasOffered: boolean): DeflateTerms | null | 'unknown' {
  const extensions = parseExtensions(values);
  if (extensions === null) return 'unknown';
  const [extension, ...others] = extensions;
  if (extension === undefined) return null;
  if (!wasOffered || others.length > 0 || extension.name !== NAME) return 'unknown';
  let sendBits: number | null = MAX_BITS;
  let sendsInContext = true;
  let receivesInContext = true;
  for (const [name, value] of extension.params) {
    switch (name) {
      case 'server_no_context_takeover':
      case 'client_no_context_takeover':
        if (value !== null) return 'unknown';
        if (name === 'server_no_context_takeover') receivesInContext = false;
        else sendsInContext = false;
        break;
      case 'server_max_window_bits':
        if (windowBits(value) === null) return 'unknown';
        break;
      case 'client_max_window_bits': {
        const bits = windowBits(value);
        if (bits === null) return 'unknown';
        sendBits = bits < MIN_SEND_BITS ? null : bits;
        break;
      }
      default:
        return 'unknown';
    }
  }
  return { sendBits, sendsInContext, receivesInContext };
}

function windowBits(value: string | null): number | null {
  return value !== null && /^(?:[89]|1[0-5])$/.test(value) ? Number(value) : null;
}

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const PARAM = new RegExp(`^(${TOKEN})(?:\\s*=\\s*(?:(${TOKEN})|"(${TOKEN})"))?$`);

/** Sec-WebSocket-Extensions (RFC 6455 §9.1); null where it is not written by its grammar, or names a parameter twice. */
function parseExtensions(values: readonly string[]): Extension[] | null {
  const extensions: Extension[] = [];
  for (const item of values.join(',').split(',')) {
    if (item.trim() === '') continue;
    const [name, ...given] = item.split(';').map((part) => part.trim());
    if (name === undefined || !new RegExp(`^${TOKEN}$`).test(name)) return null;
    const params = new Map<string, string | null>();
    for (const param of given) {
      const match = PARAM.exec(param);
      const key = match?.[1];
      if (match === null || key === undefined || params.has(key)) return null;
      params.set(key, match[2] ?? match[3] ?? null);
    }
    extensions.push({ name, params });
  }
  return extensions;
}
