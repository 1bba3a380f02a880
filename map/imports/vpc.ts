/**
 * AWS VPC flow logs, versions 2 to 8, as text: the default fields, or a header line that names them (as files in S3
 * have). A record is one direction of one connection; which end asked is told by the ports.
 */
import { broken, countOf, type Entry, flows, type LineReader, portOf, skipped, timeOfSeconds } from './logged-flow.ts';

/** The default format, version 2. */
const DEFAULT_FIELDS = [
  ...['version', 'account-id', 'interface-id', 'srcaddr', 'dstaddr', 'srcport', 'dstport', 'protocol', 'packets'],
  ...['bytes', 'start', 'end', 'action', 'log-status'],
];
const NEEDED = ['srcaddr', 'dstaddr', 'srcport', 'dstport', 'bytes', 'start'];
/** IANA protocol numbers. */
const PROTOCOLS: Readonly<Record<string, string>> = { 6: 'tcp', 17: 'udp' };

export function vpcReader(): LineReader {
  let fields: readonly string[] = DEFAULT_FIELDS;
  return (line) => {
    const words = line.trim().split(/\s+/);
    if (words.some((word) => word === 'srcaddr' || word === 'pkt-srcaddr')) {
      const names = words.map((word) => word.replace(/^\$\{(.*)\}$/, '$1'));
      const missing = NEEDED.filter((name) => !names.includes(name) && !names.includes(`pkt-${name}`));
      if (missing.length > 0) return broken(`the header lacks ${missing.join(', ')}`);
      fields = names;
      return skipped('header');
    }
    if (words.length !== fields.length) return broken(`${words.length} fields, the format has ${fields.length}`);
    return entryOf(new Map(fields.map((name, i) => [name, words[i] ?? '-'])));
  };
}

function entryOf(record: ReadonlyMap<string, string>): readonly Entry[] {
  const status = record.get('log-status');
  if (status === 'NODATA' || status === 'SKIPDATA') return skipped('no data');
  if (record.get('action') === 'REJECT') return skipped('rejected');
  // Behind a NAT gateway or a load balancer the packet's own addresses are the ends.
  const from = address(record, 'srcaddr');
  const to = address(record, 'dstaddr');
  const fromPort = countOf(record.get('srcport'));
  const toPort = countOf(record.get('dstport'));
  const bytes = countOf(record.get('bytes'));
  const time = timeOfSeconds(record.get('start'));
  if (from === null || to === null) return broken('no addresses');
  if (fromPort === null || toPort === null) return broken('no ports');
  if (bytes === null) return broken('no number of bytes');
  if (time === null) return broken('no time');
  const protocol = PROTOCOLS[record.get('protocol') ?? '6'];
  if (protocol === undefined || (fromPort === 0 && toPort === 0)) return skipped('neither TCP nor UDP');
  // Clients take their port from the upper range: the lower one is the service's.
  const isFromClient = fromPort >= toPort;
  const [client, server, port] = isFromClient ? [from, to, toPort] : [to, from, fromPort];
  const place = portOf(port);
  if (place === null) return broken('no port');
  const source = { host: client, user: null };
  const destination = { host: server, port: place };
  return flows([{ source, destination, via: 'none', protocol, direction: isFromClient ? 'out' : 'in', bytes, time }]);
}

function address(record: ReadonlyMap<string, string>, name: string): string | null {
  for (const field of [`pkt-${name}`, name]) {
    const value = record.get(field);
    if (value !== undefined && value !== '-') return value;
  }
  return null;
}
