/**
 * Squid's access log: the native format, and the `common` and `combined` ones. The workload is the client's address
 * and, where Squid asked for it, the user; the destination what the client asked for. Paths are not taken over.
 */
import {
  broken,
  callFlows,
  countOf,
  type Entry,
  type LineReader,
  type LoggedFlow,
  placeOf,
  skipped,
  splitFields,
  timeOfClf,
  timeOfSeconds,
} from './logged-flow.ts';

const SCHEMES: Readonly<Record<string, number>> = { http: 80, https: 443, ftp: 21, ws: 80, wss: 443 };

export function squidReader(): LineReader {
  return (line) => {
    const fields = splitFields(line);
    if (fields === null) return broken('a quote is not closed');
    // `time elapsed client code/status bytes method URL user hierarchy/peer type`
    if (/^\d{9,11}(?:\.\d+)?$/.test(fields[0] ?? '')) {
      if (fields.length < 9) return broken(`${fields.length} fields, the native format has 10`);
      const [time, , client, result, bytes, method, url, user] = fields;
      return entryOf({ time: timeOfSeconds(time), client, result, bytes, method, url, user });
    }
    // `client ident user [time] "METHOD URL HTTP/x" status bytes … code:hierarchy`
    const [client, , user, time, request = '', status, bytes] = fields;
    if (timeOfClf(time ?? '') === null) return broken('neither the native nor the common format');
    const [method, url] = request.split(' ');
    const result = `${fields.at(-1)?.split(':', 1)[0] ?? ''}/${status}`;
    return entryOf({ time: timeOfClf(time ?? ''), client, result, bytes, method, url, user });
  };
}

interface Call {
  readonly time: string | null;
  readonly client: string | undefined;
  readonly result: string | undefined;
  readonly bytes: string | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly user: string | undefined;
}

function entryOf(call: Call): readonly Entry[] {
  const { time, client, result = '', method, url = '', user } = call;
  if (time === null || client === undefined) return broken('no time or client');
  const sent = countOf(call.bytes);
  if (sent === null) return broken('no number of bytes');
  if (/DENIED/.test(result)) return skipped('denied');
  if (/^error:/.test(url) || /^(?:NONE|TCP_MISS_ABORTED)\/(?:400|000)$/.test(result)) return skipped('no request');
  const isTunnel = method === 'CONNECT';
  const destination = isTunnel ? placeOf(url, 443) : destinationOf(url);
  if (destination === null) return broken('no host in the URL');
  return callFlows({
    source: { host: client, user: user === undefined || user === '-' ? null : user },
    destination,
    via: 'proxy',
    protocol: isTunnel ? 'tunnel' : destination.port === 443 ? 'https' : 'http',
    bytesOut: 0,
    bytesIn: sent,
    time,
  });
}

function destinationOf(url: string): LoggedFlow['destination'] | null {
  const [, scheme = '', authority] = /^([a-z]+):\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(url) ?? [];
  return placeOf(authority, SCHEMES[scheme.toLowerCase()] ?? 80);
}
