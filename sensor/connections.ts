/**
 * The connections of this host by the cookie of their sockets: who asked for one, where it goes and by what the name is known.
 * A record's own process is never taken for the one that connected. Bounded; an entry goes when its socket is closed.
 */
import { canonicalHost } from '../catalog/host.ts';
import { rangeOf } from '../catalog/ranges.ts';
import type { Via } from '../flow/edge.ts';
import { MAX_HELLO_BYTES, peekClientHello } from '../wire/client-hello.ts';
import { DnsOverTcp, readDnsAnswer } from '../wire/dns-answer.ts';
import type { AcceptFrame, ConnectFrame, PacketFrame, StateFrame, Task } from './frame-types.ts';
import { Names } from './names.ts';

/** What is known of what goes over it. */
export type Heard =
  /** Nothing yet. */
  | { readonly kind: 'nothing' }
  /** Its plaintext is read elsewhere: it has edges of its own. */
  | { readonly kind: 'heard' }
  /** It is not read, for this reason. */
  | { readonly kind: 'unread'; readonly reason: string };

export interface Connection {
  readonly cookie: number;
  /** Who connected; tgid 0 where it is older than the sensor. */
  readonly task: Task;
  readonly hint: { readonly comm: string; readonly uid: number; readonly cgroup: number } | null;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  /** True for one that came in. */
  readonly isAccepted: boolean;
  /** Of a process of Weir's own. */
  readonly isOwn: boolean;
  /** It leads to the proxy, which sees it. */
  readonly isSteered: boolean;
  /** Canonical; null where no name is known. */
  host: string | null;
  via: Via;
  /** The name in its ClientHello, as it crossed the wire. */
  sni: string | null;
  /** Null until its first bytes said so. */
  isTls: boolean | null;
  alpn: readonly string[];
  heard: Heard;
  readonly startedAt: number;
}

export interface ConnectionsOptions {
  /** The first bytes of a connection have told whether it is TLS, and for whom. Called once. */
  readonly told: (connection: Connection) => void;
  /** Packets of a connection that is no TLS, from the first one on. */
  readonly plain: (connection: Connection, packet: PacketFrame) => void;
}

const MAX_CONNECTIONS = 50_000;
const MAX_FIRST = 10_000;
const DNS_PORT = 53;

interface Hello {
  bytes: Buffer;
  /** Of the next byte. */
  next: number | null;
  /** What came meanwhile, for whoever reads what is no TLS. */
  readonly packets: PacketFrame[];
}

export class Connections {
  readonly names = new Names({ rangeOf });
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<number, Connection>();
  readonly #hellos = new Map<number, Hello>();
  readonly #dns = new Map<number, DnsOverTcp>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#open.size;
  }

  find(cookie: number): Connection | null {
    return cookie === 0 ? null : (this.#open.get(cookie) ?? null);
  }

  /** A connection of this process to this host: the latest, and of several one that nothing is known of. */
  findByName(tgid: number, host: string): Connection | null {
    let found: Connection | null = null;
    for (const one of this.#open.values()) {
      if (one.task.tgid !== tgid || one.host !== host || one.isAccepted) continue;
      if (found === null || one.heard.kind === 'nothing' || found.heard.kind !== 'nothing') found = one;
    }
    return found;
  }

  connect(frame: ConnectFrame, at: number): void {
    const { cookie, task, protocol, address, port, comm, uid, cgroup, isOwn, isSteered } = frame;
    // A socket of UDP may ask for many; the names are asked at port 53, which is nobody's destination.
    if (port === DNS_PORT || frame.isBlocked) return;
    this.#keep({
      cookie,
      task,
      hint: { comm, uid, cgroup },
      protocol,
      address,
      port,
      isAccepted: false,
      isOwn,
      isSteered,
      ...this.#nameOf(address, task.tgid, at),
      sni: null,
      isTls: null,
      alpn: [],
      heard: protocol === 'udp' ? { kind: 'unread', reason: 'quic' } : { kind: 'nothing' },
      startedAt: at,
    });
  }

  accept({ cookie, task, remoteAddress, remotePort }: AcceptFrame, at: number): void {
    this.#keep({
      cookie,
      task,
      hint: null,
      protocol: 'tcp',
      address: remoteAddress,
      port: remotePort,
      isAccepted: true,
      isOwn: false,
      isSteered: false,
      host: null,
      via: 'none',
      sni: null,
      isTls: null,
      alpn: [],
      heard: { kind: 'nothing' },
      startedAt: at,
    });
  }

  packet(frame: PacketFrame, at: number): void {
    if (frame.why === 'dns') {
      this.#answer(frame, at);
      return;
    }
    const connection = this.#open.get(frame.cookie) ?? this.#older(frame, at);
    if (connection.isTls === true) return;
    if (connection.isTls === false) {
      this.#options.plain(connection, frame);
      return;
    }
    this.#first(connection, frame);
  }

  /** The connection that is closed with this; null for one that was not known, or goes on. */
  state(frame: StateFrame): Connection | null {
    if (frame.state !== 'closed') return null;
    const connection = this.#open.get(frame.cookie) ?? null;
    this.#open.delete(frame.cookie);
    this.#dns.delete(frame.cookie);
    const hello = this.#hellos.get(frame.cookie);
    if (connection !== null && hello !== undefined) this.#isPlain(connection, hello);
    return connection;
  }

  clear(): void {
    this.#open.clear();
    this.#hellos.clear();
    this.#dns.clear();
  }

  /** What is told by the name that the program itself set, which is better than any other. */
  named(connection: Connection, host: string): void {
    connection.host = host;
    connection.via = 'handle';
  }

  #keep(connection: Connection): void {
    this.#open.set(connection.cookie, connection);
    const [oldest] = this.#open.keys();
    if (oldest === undefined || this.#open.size <= MAX_CONNECTIONS) return;
    this.#open.delete(oldest);
    this.#hellos.delete(oldest);
  }

  /** One that was there before the sensor. */
  #older({ cookie, task, protocol, role, remoteAddress, remotePort }: PacketFrame, at: number): Connection {
    const connection: Connection = {
      cookie,
      task,
      hint: null,
      protocol,
      address: remoteAddress,
      port: remotePort,
      isAccepted: role === 'server',
      isOwn: false,
      isSteered: false,
      ...this.#nameOf(remoteAddress, task.tgid, at),
      sni: null,
      isTls: null,
      alpn: [],
      heard: { kind: 'nothing' },
      startedAt: at,
    };
    this.#keep(connection);
    return connection;
  }

  #nameOf(address: string, asker: number, at: number): Pick<Connection, 'host' | 'via'> {
    const { host, via } = this.names.nameOf({ address, asker }, at);
    return { host: via === 'dns' ? host : null, via };
  }

  #first(connection: Connection, frame: PacketFrame): void {
    const { cookie } = connection;
    let hello = this.#hellos.get(cookie);
    if (hello === undefined) {
      hello = { bytes: EMPTY, next: null, packets: [] };
      this.#hellos.set(cookie, hello);
      const [oldest] = this.#hellos.keys();
      if (oldest !== undefined && this.#hellos.size > MAX_FIRST) this.#hellos.delete(oldest);
    }
    // A copy: it lies in a buffer that is far larger.
    hello.packets.push({ ...frame, bytes: Buffer.from(frame.bytes) });
    // A ClientHello is what the one who connected says; the other side speaking first is no TLS.
    const isClients = (frame.way === 'out') !== connection.isAccepted;
    if (!isClients) {
      if (hello.bytes.length === 0 && frame.bytes.length > 0) this.#isPlain(connection, hello);
      return;
    }
    const begin = hello.next ?? frame.sequence;
    const skipped = (begin - frame.sequence) | 0;
    // What comes again or ahead of its turn says nothing new; a hello is hardly ever more than two packets.
    if (skipped < 0 || skipped > frame.bytes.length) return;
    const fresh = frame.bytes.subarray(skipped);
    hello.bytes = Buffer.concat([hello.bytes, fresh]);
    hello.next = (begin + fresh.length) >>> 0;
    if (hello.bytes.length === 0) return;
    const peek = peekClientHello(hello.bytes);
    if (peek.kind === 'need-more' && hello.bytes.length < MAX_HELLO_BYTES) return;
    if (peek.kind !== 'hello') {
      this.#isPlain(connection, hello);
      return;
    }
    this.#hellos.delete(cookie);
    connection.isTls = true;
    connection.alpn = peek.alpn;
    const host = peek.serverName === null ? null : canonicalHost(peek.serverName);
    connection.sni = host;
    if (host !== null && connection.via !== 'handle') {
      connection.host = host;
      connection.via = 'sni';
    }
    this.#options.told(connection);
  }

  #isPlain(connection: Connection, { packets }: Hello): void {
    this.#hellos.delete(connection.cookie);
    connection.isTls = false;
    this.#options.told(connection);
    for (const packet of packets) this.#options.plain(connection, packet);
  }

  #answer({ cookie, protocol, task, way, remotePort, bytes }: PacketFrame, at: number): void {
    if (way !== 'in' || remotePort !== DNS_PORT) return;
    if (protocol === 'udp') {
      const answer = readDnsAnswer(bytes);
      if (answer !== null) this.names.learn(task.tgid, answer, at);
      return;
    }
    let stream = this.#dns.get(cookie);
    if (stream === undefined) {
      stream = new DnsOverTcp();
      this.#dns.set(cookie, stream);
      const [oldest] = this.#dns.keys();
      if (oldest !== undefined && this.#dns.size > MAX_FIRST) this.#dns.delete(oldest);
    }
    for (const answer of stream.push(bytes)) this.names.learn(task.tgid, answer, at);
  }
}

const EMPTY = Buffer.alloc(0);
