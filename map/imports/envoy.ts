/**
 * Envoy's access log: its default text format, Istio's (which has more fields behind), and JSON with the names that
 * Istio and the documentation's example use. The workload is the client's address, the destination what `:authority` names.
 */
import {
  broken,
  callFlows,
  countOf,
  type Entry,
  type LineReader,
  objectOf,
  placeOf,
  skipped,
  splitFields,
  textOf,
  timeOfText,
} from './logged-flow.ts';

interface Call {
  readonly time: string | null;
  readonly method: string | null;
  readonly received: number | null;
  readonly sent: number | null;
  readonly client: string | null;
  readonly authority: string | null;
  readonly upstream: string | null;
  readonly flags: string | null;
}

export function envoyReader(): LineReader {
  return (line) => entryOf(line.startsWith('{') ? ofJson(line) : ofText(line));
}

/**
 * `[time] "METHOD path PROTOCOL" code flags received sent duration upstream-time "x-forwarded-for" "user-agent"
 * "request-id" "authority" "upstream host"`; Istio puts details between flags and received, and addresses behind.
 */
function ofText(line: string): Call | null {
  const fields = splitFields(line);
  if (fields === null || fields.length < 12) return null;
  const [time = '', request = '', , flags = null] = fields;
  // Of Istio: code details, connection termination details, "upstream transport failure".
  const isIstio = fields.length >= 20;
  const shift = isIstio ? 3 : 0;
  const remote = isIstio ? fields[19] : undefined;
  const forwarded = fields[8 + shift];
  return {
    time: timeOfText(time),
    method: request.split(' ', 1)[0] ?? null,
    received: countOf(fields[4 + shift]),
    sent: countOf(fields[5 + shift]),
    client: placeOf(remote, 1)?.host ?? firstOf(forwarded),
    authority: known(fields[11 + shift]),
    upstream: known(fields[12 + shift]),
    flags,
  };
}

function ofJson(line: string): Call | null {
  const object = objectOf(line);
  if (object === null) return null;
  return {
    time: timeOfText(object['start_time'] ?? object['startTime'] ?? object['timestamp']),
    method: textOf(object, 'method'),
    received: countOf(textOf(object, 'bytes_received', 'bytesReceived')),
    sent: countOf(textOf(object, 'bytes_sent', 'bytesSent')),
    client:
      placeOf(textOf(object, 'downstream_remote_address', 'downstreamRemoteAddress'), 1)?.host ??
      firstOf(textOf(object, 'x_forwarded_for', 'forwardedFor') ?? undefined),
    authority: textOf(object, 'authority'),
    upstream: textOf(object, 'upstream_host', 'upstreamHost'),
    flags: textOf(object, 'response_flags', 'responseFlags'),
  };
}

function entryOf(call: Call | null): readonly Entry[] {
  if (call === null) return broken('neither Envoy’s default format nor JSON');
  if (call.time === null) return broken('no time');
  if (call.received === null || call.sent === null) return broken('no number of bytes');
  // Of TCP there is no authority: the upstream's address is all there is.
  const named = placeOf(call.authority, 443);
  const destination = named ?? placeOf(call.upstream, 443);
  if (destination === null) return skipped('reached no upstream');
  return callFlows({
    source: { host: call.client, user: null },
    destination,
    via: named === null ? 'none' : 'proxy',
    protocol: call.method === null || call.method === '-' ? 'tcp' : destination.port === 443 ? 'https' : 'http',
    bytesOut: call.received,
    bytesIn: call.sent,
    time: call.time,
  });
}

function known(text: string | undefined): string | null {
  return text === undefined || text === '-' || text === '' ? null : text;
}

/** The first of `x-forwarded-for`: the client, as the first proxy saw it. */
function firstOf(list: string | undefined): string | null {
  return known(list?.split(',', 1)[0]?.trim());
}
