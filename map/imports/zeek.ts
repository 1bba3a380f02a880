/**
 * Zeek's conn.log and ssl.log, tab-separated with their `#fields` header or JSON a line. Connections carry the bytes, ssl
 * the server's name: given together, each connection is one flow under its name.
 */
import {
  broken,
  callFlows,
  countOf,
  type Entry,
  type LineReader,
  objectOf,
  portOf,
  skipped,
  textOf,
  timeOfSeconds,
  timeOfText,
} from './logged-flow.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Names by the connection's uid: of all ssl files that are read together. */
export class ZeekNames {
  readonly #names = new Map<string, string>();
  /** Of all files that are read, the uids of connections: an ssl line of one of these counts no call of its own. */
  readonly #connections = new Set<string>();

  /** Takes a line of the first pass: only what it names is kept. */
  learn(fields: Fields): void {
    const uid = textOf(fields, 'uid');
    if (uid === null) return;
    if (isSsl(fields)) {
      const name = textOf(fields, 'server_name');
      if (name !== null) this.#names.set(uid, name);
    } else if ('proto' in fields) {
      this.#connections.add(uid);
    }
  }

  nameOf(uid: string): string | null {
    return this.#names.get(uid) ?? null;
  }

  hasConnection(uid: string): boolean {
    return this.#connections.has(uid);
  }
}

/** A reader of fields by name, whatever the format; null for headers and comments, undefined for a broken line. */
export function zeekFields(): (line: string) => Fields | null | undefined {
  let names: readonly string[] | null = null;
  let separator = '\t';
  return (line) => {
    if (line.startsWith('#')) {
      const [, hex] = /^#separator \\x([0-9a-f]{2})/i.exec(line) ?? [];
      if (hex !== undefined) separator = String.fromCharCode(Number.parseInt(hex, 16));
      if (line.startsWith(`#fields${separator}`)) names = line.split(separator).slice(1);
      return null;
    }
    if (line.startsWith('{')) return objectOf(line) ?? undefined;
    if (names === null) return undefined;
    const values = line.split(separator);
    if (values.length !== names.length) return undefined;
    return Object.fromEntries(names.map((name, i) => [name, values[i]]));
  };
}

export function zeekReader(learned: ZeekNames): LineReader {
  const read = zeekFields();
  return (line) => {
    const fields = read(line);
    if (fields === null) return skipped('header');
    if (fields === undefined) return broken('neither a line under a #fields header nor JSON');
    return entryOf(fields, learned);
  };
}

function entryOf(fields: Fields, learned: ZeekNames): readonly Entry[] {
  const uid = textOf(fields, 'uid');
  const client = textOf(fields, 'id.orig_h');
  const server = textOf(fields, 'id.resp_h');
  const port = portOf(textOf(fields, 'id.resp_p'));
  const time = timeOf(fields['ts']);
  if (client === null || server === null || uid === null) return broken('no uid, id.orig_h or id.resp_h');
  if (time === null) return broken('no ts');
  const isNamed = isSsl(fields);
  if (isNamed && learned.hasConnection(uid)) return skipped('told by its connection');
  const protocolName = textOf(fields, 'proto') ?? 'tcp';
  if (port === null || (protocolName !== 'tcp' && protocolName !== 'udp')) return skipped('neither TCP nor UDP');
  const name = isNamed ? textOf(fields, 'server_name') : learned.nameOf(uid);
  const sent = isNamed ? 0 : countOf(textOf(fields, 'orig_bytes'));
  const received = isNamed ? 0 : countOf(textOf(fields, 'resp_bytes'));
  if (sent === null || received === null) return broken('no number of bytes');
  if (!isNamed && sent === 0 && received === 0 && /^(?:S0|REJ|RSTOS0|RSTRH|SH|SHR)$/.test(String(fields['conn_state'])))
    return skipped('not established');
  const service = textOf(fields, 'service') ?? '';
  const isTls = isNamed || name !== null || /\bssl\b|\bquic\b/.test(service);
  return callFlows({
    source: { host: client, user: null },
    destination: { host: name ?? server, port },
    via: name === null ? 'none' : 'sni',
    protocol: isTls ? (port === 443 ? 'https' : 'tls') : service.includes('http') ? 'http' : protocolName,
    bytesOut: sent,
    bytesIn: received,
    time,
  });
}

function isSsl(fields: Fields): boolean {
  return 'server_name' in fields || ('cipher' in fields && 'version' in fields);
}

/** Seconds since 1970, or ISO 8601 where Zeek was told to write that. */
function timeOf(ts: unknown): string | null {
  if (typeof ts === 'number') return timeOfSeconds(ts);
  return typeof ts === 'string' ? (timeOfSeconds(ts) ?? timeOfText(ts)) : null;
}
