/** How much of a flow was seen, and by whom: what a map or a report has to say beside what it found. */
import { type Coverage, coverageText } from '../flow/coverage.ts';
import type { Channel } from '../flow/parties.ts';

/**
 * Whether what TLS carries was seen: `seen`; `unseen`, its content was not; `none`, there is no TLS; `unknown`, a log
 * or a tunnel that does not tell.
 */
export type TlsSight = 'seen' | 'unseen' | 'none' | 'unknown';

export interface Sight {
  readonly channels: readonly Channel[];
  readonly coverage: Coverage;
  readonly tls: TlsSight;
  /** What was lost of it, such as `limit`; null where nothing is known to be. */
  readonly losses: string | null;
}

interface Seen {
  readonly protocol: string;
  readonly coverage: Coverage;
}

export function sightOf(flow: Seen, channels: readonly Channel[]): Sight {
  const { coverage } = flow;
  const losses = coverage.level === 'truncated' ? (coverage.reason ?? 'truncated') : null;
  return { channels, coverage, tls: tlsSight(flow), losses };
}

function tlsSight({ protocol, coverage }: Seen): TlsSight {
  if (coverage.reason === 'log') return 'unknown';
  if (isPlaintext({ protocol, coverage })) return 'none';
  if (protocol === 'tunnel' || coverage.level === 'opaque') return 'unseen';
  return protocol === 'unknown' ? 'unknown' : 'seen';
}

const PLAINTEXT: ReadonlySet<string> = new Set([
  ...['http', 'ws', 'ftp', 'smtp', 'telnet', 'ldap', 'postgres', 'postgresql', 'mysql', 'mssql', 'redis', 'mongodb'],
  ...['memcached', 'cassandra', 'kafka', 'amqp', 'nats', 'grpc-plaintext'],
]);

/** Protocols that travel in clear, unless it was TLS that kept them from being looked into. */
export function isPlaintext({ protocol, coverage }: Seen): boolean {
  return PLAINTEXT.has(protocol.toLowerCase()) && coverage.reason !== 'tls';
}

/** `proxy and sensor, full, TLS seen`: a line for people. */
export function sightText({ channels, coverage, tls }: Sight): string {
  const words = { seen: 'TLS seen', unseen: 'TLS not seen through', none: 'no TLS', unknown: 'TLS unknown' };
  return `${channels.join(' and ')}, ${coverageText(coverage)}, ${words[tls]}`;
}
