/**
 * nginx's access log: `combined` (and `common`), with or without the virtual host in front, and JSON by the names of
 * nginx's own variables. The workload is the client, the destination the server whose log it is.
 */
import {
  broken,
  callFlows,
  countOf,
  type Entry,
  type LineReader,
  objectOf,
  placeOf,
  portOf,
  type ReadingOptions,
  splitFields,
  textOf,
  timeOfClf,
  timeOfSeconds,
  timeOfText,
} from './logged-flow.ts';

export function nginxReader({ host }: ReadingOptions): LineReader {
  return (line) => (line.startsWith('{') ? ofJson(line, host) : ofText(line, host));
}

/** `[vhost[:port]] remote_addr - remote_user [time] "request" status body_bytes_sent …`. */
function ofText(line: string, host: string): readonly Entry[] {
  const fields = splitFields(line);
  if (fields === null) return broken('a quote is not closed');
  const at = fields.findIndex((field) => timeOfClf(field) !== null);
  if (at !== 3 && at !== 4) return broken('neither the combined format nor JSON');
  const destination = placeOf(at === 4 ? fields[0] : host, at === 4 ? 80 : 443);
  const client = fields[at - 3];
  const user = fields[at - 1];
  const sent = countOf(fields[at + 3]);
  const time = timeOfClf(fields[at] ?? '');
  if (destination === null) return broken('no virtual host');
  if (client === undefined || sent === null || time === null) return broken('no address, time or number of bytes');
  return callFlows({
    source: { host: client, user: user === undefined || user === '-' ? null : user },
    destination,
    via: 'proxy',
    protocol: destination.port === 443 ? 'https' : 'http',
    bytesOut: 0,
    bytesIn: sent,
    time,
  });
}

function ofJson(line: string, server: string): readonly Entry[] {
  const object = objectOf(line);
  if (object === null) return broken('no JSON object');
  const time =
    timeOfText(textOf(object, 'time_iso8601', 'time', 'timestamp', '@timestamp')) ??
    timeOfSeconds(textOf(object, 'msec') ?? undefined) ??
    timeOfClf(textOf(object, 'time_local') ?? '');
  const isTls = textOf(object, 'scheme') === 'https' || textOf(object, 'ssl_protocol') !== null;
  const port = portOf(textOf(object, 'server_port')) ?? (isTls ? 443 : 80);
  const destination = placeOf(textOf(object, 'host', 'http_host', 'server_name') ?? server, port);
  const received = countOf(textOf(object, 'request_length'));
  const sent = countOf(textOf(object, 'bytes_sent', 'body_bytes_sent'));
  if (time === null) return broken('no time_iso8601, msec or time_local');
  if (destination === null) return broken('no host');
  if (received === null || sent === null) return broken('no number of bytes');
  return callFlows({
    source: { host: textOf(object, 'remote_addr'), user: textOf(object, 'remote_user') },
    destination,
    via: 'proxy',
    protocol: isTls || port === 443 ? 'https' : 'http',
    bytesOut: received,
    bytesIn: sent,
    time,
  });
}
