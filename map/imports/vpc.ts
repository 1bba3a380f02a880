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

/** Where in a line its fields stand; -1 for one that the format has not. */
interface Places {
  readonly status: number;
  readonly action: number;
  /** Behind a NAT gateway or a load balancer the packet's own addresses are the ends: they come first. */
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly fromPort: number;
  readonly toPort: number;
  readonly protocol: number;
  readonly bytes: number;
  readonly start: number;
}

export function vpcReader(): LineReader {
  let fields: readonly string[] = DEFAULT_FIELDS;
  let places = placesOf(fields);
  return (line) => {
    const words = wordsOf(line, fields.length);
    if (line.includes('srcaddr') && (words.includes('srcaddr') || words.includes('pkt-srcaddr'))) {
      const names = words.map((word) => word.replace(/^\$\{(.*)\}$/, '$1'));
      const missing = NEEDED.filter((name) => !names.includes(name) && !names.includes(`pkt-${name}`));
      if (missing.length > 0) return broken(`the header lacks ${missing.join(', ')}`);
      fields = names;
      places = placesOf(fields);
      return skipped('header');
    }
    if (words.length !== fields.length) return broken(`${words.length} fields, the format has ${fields.length}`);
    return entryOf(words, places);
  };
}

/** Fields stand apart by one space, as AWS writes them; whoever copied a log may have left others. */
function wordsOf(line: string, expected: number): readonly string[] {
  const words = line.split(' ');
  return words.length === expected && !words.includes('') ? words : line.trim().split(/\s+/);
}

function placesOf(fields: readonly string[]): Places {
  const at = (name: string) => fields.lastIndexOf(name);
  return {
    status: at('log-status'),
    action: at('action'),
    from: [at('pkt-srcaddr'), at('srcaddr')],
    to: [at('pkt-dstaddr'), at('dstaddr')],
    fromPort: at('srcport'),
    toPort: at('dstport'),
    protocol: at('protocol'),
    bytes: at('bytes'),
    start: at('start'),
  };
}

function entryOf(words: readonly string[], places: Places): readonly Entry[] {
  const status = words[places.status];
  if (status === 'NODATA' || status === 'SKIPDATA') return skipped('no data');
  if (words[places.action] === 'REJECT') return skipped('rejected');
  const from = addressOf(words, places.from);
  const to = addressOf(words, places.to);
  const fromPort = countOf(words[places.fromPort]);
  const toPort = countOf(words[places.toPort]);
  const bytes = countOf(words[places.bytes]);
  const time = timeOfSeconds(words[places.start]);
  if (from === null || to === null) return broken('no addresses');
  if (fromPort === null || toPort === null) return broken('no ports');
  if (bytes === null) return broken('no number of bytes');
  if (time === null) return broken('no time');
  const protocol = PROTOCOLS[words[places.protocol] ?? '6'];
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

function addressOf(words: readonly string[], places: readonly number[]): string | null {
  for (const place of places) {
    const value = words[place];
    if (value !== undefined && value !== '-') return value;
  }
  return null;
}
