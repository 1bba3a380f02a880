/**
 * Steering and blocking, the half without privilege: which addresses lead to GenAI (by the DNS answers that programs get, and
 * by networks that only such vendors answer at), whose connections go to the proxy, and from which network namespaces the
 * proxy can be reached at all. It decides nothing about what is sent: a wrong guess here is a connection that the proxy passes on
 * untouched. Nothing is steered to, and nothing is refused at, an address that this host or its networks may be.
 */
import { BlockList, isIP } from 'node:net';
import { type DnsAnswer, DnsOverTcp, readDnsAnswer } from '../wire/dns-answer.ts';
import type { ConnectFrame, ExecFrame, PacketFrame, SensorFrame, SteerFrame, Task } from './frame-types.ts';
import {
  doAddress,
  doLease,
  doOrigin,
  doProbe,
  doSteer,
  doSteerName,
  doUnsteer,
  processTarget,
  type SteerPlace,
} from './steer-commands.ts';

export interface SteerWishes {
  /** Null: nothing is steered. */
  readonly steer: {
    /** Folders of cgroup v2, with all below them. */
    readonly cgroups: readonly string[];
    readonly apps: readonly string[];
    readonly containers: readonly string[];
    /** Where other network namespaces reach the proxy; null: they do not. */
    readonly address: SteerPlace | null;
  } | null;
  readonly block: boolean;
  /** Without the proxy: refuse what would be steered, or let it go its way. */
  readonly onError: 'closed' | 'open';
}

export interface HostKind {
  readonly isGenai: boolean;
  readonly isSanctioned: boolean;
}

/** Who runs, as far as steering asks. */
export interface SteerSource {
  readonly app: string | null;
  readonly container: string | null;
  /** Its path within cgroup v2. */
  readonly cgroup: string | null;
}

export interface SteeringOptions {
  readonly wishes: SteerWishes;
  /** The proxy's listener, as programs of this host reach it; null where there is none. */
  readonly proxy: SteerPlace | null;
  /** What stands behind a name. */
  readonly kindOf: (host: string) => HostKind;
  /** Names of GenAI, as the catalog has them: `api.openai.com`, `*.openai.com`. */
  readonly names: readonly string[];
  /** Networks at which nothing but GenAI answers: `192.0.2.0/24`. */
  readonly networks: readonly string[];
  /** The number of a folder of cgroup v2; null where there is none. */
  readonly cgroupId: (path: string) => bigint | null;
  readonly sourceOf: (
    task: Task,
    hint: { readonly cgroup?: number; readonly comm?: string; readonly uid?: number },
  ) => SteerSource;
  /** To the loader. */
  readonly command: (bytes: Buffer) => void;
  /** A line for the operator. */
  readonly log: (line: string) => void;
}

/** What steering needs of a running sensor. */
export type SteeringTools = Pick<SteeringOptions, 'command' | 'sourceOf'>;

export interface Origin {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
}

const STEER = 1;
const BLOCK = 2;
const HTTPS_PORT = 443;
const DNS_PORT = 53;
/** Programs keep an answer longer than it says, and a connection too many costs nothing. */
const LEAST_MS = 300_000;
const MOST_MS = 86_400_000;
const MAX_ADDRESSES = 20_000;
const MAX_STREAMS = 1000;
const MAX_TOLD = 1000;
/** The proxy renews it several times in this. */
const LEASE_MS = 2000;
const ANSWER_MS = 2000;
const ENOENT = 2;
const ESRCH = 3;
/** Others that send commands count from 1. */
const FIRST_SEQUENCE = 0x4000_0000;

/** Loopback, link, private networks: a name that leads there is no vendor's, whoever says so. */
const NEAR = new BlockList();
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const) {
  NEAR.addSubnet(network, bits, 'ipv4');
}
for (const [network, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  NEAR.addSubnet(network, bits, 'ipv6');
}

function isNear(address: string): boolean {
  // Embedded IPv4 is nothing that a vendor answers with.
  return /^::ffff:/i.test(address) || NEAR.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

interface KnownAddress {
  /** Name to the time (CLOCK_MONOTONIC, ms) until which an answer for it holds. */
  readonly names: Map<string, number>;
  flags: number;
  expiresMs: number;
}

export interface SteeringState {
  readonly addresses: number;
  readonly targets: number;
  /** Network namespaces from which the proxy is reached. */
  readonly places: number;
  /** Network namespaces from which the proxy cannot be reached, with the reason. */
  readonly notSteered: readonly { readonly netns: number; readonly reason: string }[];
  readonly isLeased: boolean;
  /** Connections that were refused. */
  readonly refusals: number;
}

export class Steering {
  readonly #options: SteeringOptions;
  readonly #addresses = new Map<string, KnownAddress>();
  readonly #streams = new Map<number, DnsOverTcp>();
  /** What is steered: cgroups and processes, as the loader names them. */
  readonly #targets = new Set<bigint>();
  /** Network namespace to where the proxy is reached from it; null while that is tried, or where it is not. */
  readonly #places = new Map<number, { readonly place: SteerPlace | null; readonly reason: string }>();
  readonly #asked = new Map<
    number,
    { readonly resolve: (origin: Origin | null) => void; readonly timer: NodeJS.Timeout }
  >();
  readonly #probed = new Map<number, number>();
  #sequence = FIRST_SEQUENCE;
  #netns: number | null = null;
  #leases = 0;
  #refusals = 0;
  readonly #toldRefusals = new Set<string>();
  #now = 0;

  constructor(options: SteeringOptions) {
    this.#options = options;
  }

  /** A loader has said hello: it knows nothing yet. */
  begin(): void {
    const { wishes, names, networks, cgroupId, log } = this.#options;
    this.#netns = null;
    this.#places.clear();
    this.#targets.clear();
    for (const { resolve, timer } of this.#asked.values()) {
      clearTimeout(timer);
      resolve(null);
    }
    this.#asked.clear();
    this.#probed.clear();
    if (wishes.steer === null) {
      this.#tellAddresses();
      return;
    }
    for (const name of names) {
      const command = doSteerName(name, STEER, 0);
      if (command !== null) this.#options.command(command);
    }
    for (const network of networks) {
      const [address = '', bits] = network.split('/');
      this.#options.command(doAddress(address, Number(bits), HTTPS_PORT, STEER, 0, 0));
    }
    for (const path of wishes.steer.cgroups) {
      const id = cgroupId(path);
      if (id === null) log(`weir: sensor.steer: there is no cgroup ${path}`);
      else this.#addTarget(id);
    }
    this.#tellAddresses();
    if (this.#leases > 0) this.renew();
  }

  frame(frame: SensorFrame): void {
    this.#now = Math.max(this.#now, frame.ktimeNs / 1e6);
    switch (frame.type) {
      case 'netns':
        return this.#isHome(frame.netns);
      case 'packet':
        return this.#packet(frame);
      case 'connect':
        return this.#connect(frame);
      case 'exec':
        this.#seen(frame, frame.cgroup);
        return;
      case 'fork':
        if (this.#targets.has(processTarget(frame.task.tgid))) this.#addTarget(processTarget(frame.child.tgid));
        return;
      case 'exit':
        return this.#removeTarget(processTarget(frame.task.tgid));
      case 'blocked':
        return this.#refused(frame);
      case 'reply':
        return this.#probedFrom(frame.sequence, frame.error, frame.text);
      case 'origin':
        return this.#answered(
          frame.sequence,
          frame.error === 0 ? { address: frame.address, port: frame.port, pid: frame.task.tgid } : null,
        );
      default:
        return;
    }
  }

  /** The proxy is there; to be said again within two seconds. */
  renew(): void {
    this.#leases++;
    this.#options.command(doLease(LEASE_MS));
  }

  /** The proxy is gone, and known to be. */
  letGo(): void {
    this.#leases = 0;
    this.#options.command(doLease(0));
  }

  /** Where the connection that the proxy sees from this address and port was going; null where nobody knows. An answer is given once. */
  originOf(address: string, port: number): Promise<Origin | null> {
    const sequence = this.#next();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answered(sequence, null), ANSWER_MS);
      this.#asked.set(sequence, { resolve, timer });
      this.#options.command(doOrigin(address, port, sequence));
    });
  }

  get state(): SteeringState {
    const notSteered = [...this.#places].flatMap(([netns, { place, reason }]) =>
      place === null && reason !== '' ? [{ netns, reason }] : [],
    );
    const places = [...this.#places.values()].filter(({ place }) => place !== null).length;
    return {
      addresses: this.#addresses.size,
      places,
      targets: this.#targets.size,
      notSteered,
      isLeased: this.#leases > 0,
      refusals: this.#refusals,
    };
  }

  #next(): number {
    this.#sequence = this.#sequence >= 0x7fff_ffff ? FIRST_SEQUENCE : this.#sequence + 1;
    return this.#sequence;
  }

  /** Once a process and destination. */
  #refused({ task, address, port, why }: SteerFrame): void {
    this.#refusals++;
    const key = `${task.tgid} ${address} ${port}`;
    if (why === 'quic' || this.#toldRefusals.has(key)) return;
    if (this.#toldRefusals.size >= MAX_TOLD) this.#toldRefusals.clear();
    this.#toldRefusals.add(key);
    const reason = why === 'lease' ? 'the proxy is away, and proxy.onError is closed' : 'sensor.block';
    this.#options.log(`weir: refused: a connection of process ${task.tgid} to ${address} port ${port} (${reason})`);
  }

  #answered(sequence: number, origin: Origin | null): void {
    const asked = this.#asked.get(sequence);
    if (asked === undefined) return;
    this.#asked.delete(sequence);
    clearTimeout(asked.timer);
    asked.resolve(origin);
  }

  /* ---- addresses */

  #packet({ cookie, protocol, way, why, remotePort, bytes }: PacketFrame): void {
    if (why !== 'dns' || way !== 'in' || remotePort !== DNS_PORT) return;
    if (protocol === 'udp') {
      const answer = readDnsAnswer(bytes);
      if (answer !== null) this.learn(answer);
      return;
    }
    let stream = this.#streams.get(cookie);
    if (stream === undefined) {
      stream = new DnsOverTcp();
      this.#streams.set(cookie, stream);
      const [oldest] = this.#streams.keys();
      if (oldest !== undefined && this.#streams.size > MAX_STREAMS) this.#streams.delete(oldest);
    }
    for (const answer of stream.push(bytes)) this.learn(answer);
  }

  /** A program was told that this name is at these addresses. */
  learn({ name, addresses }: DnsAnswer): void {
    const { isGenai } = this.#options.kindOf(name);
    for (const { address, ttl } of addresses) {
      const known = this.#addresses.get(address);
      // Who shares an address with whom matters for blocking, in whichever order it is learned.
      if (!isGenai && known === undefined && !this.#options.wishes.block) continue;
      if (isNear(address)) continue;
      const now = known ?? { names: new Map<string, number>(), flags: 0, expiresMs: 0 };
      now.names.set(name, this.#now + Math.min(MOST_MS, Math.max(LEAST_MS, ttl * 1000)));
      this.#addresses.delete(address);
      this.#addresses.set(address, now);
      this.#tellAddress(address, now);
    }
    for (const [oldest, known] of this.#addresses) {
      if (this.#addresses.size <= MAX_ADDRESSES && known.expiresMs > this.#now) break;
      this.#addresses.delete(oldest);
      if (known.flags !== 0) this.#options.command(doAddress(oldest, isIP(oldest) === 4 ? 32 : 128, 0, 0, 0, 0));
    }
  }

  #tellAddress(address: string, known: KnownAddress): void {
    const { wishes, kindOf } = this.#options;
    for (const [name, expiresMs] of known.names) if (expiresMs <= this.#now) known.names.delete(name);
    const kinds = [...known.names.keys()].map(kindOf);
    const isSteered = wishes.steer !== null && kinds.some(({ isGenai }) => isGenai);
    const isBlocked =
      wishes.block && kinds.length > 0 && kinds.every(({ isGenai, isSanctioned }) => isGenai && !isSanctioned);
    const flags = (isSteered ? STEER : 0) | (isBlocked ? BLOCK : 0);
    const expiresMs = Math.max(0, ...known.names.values());
    known.expiresMs = expiresMs;
    if (flags === 0 && known.flags === 0) return;
    known.flags = flags;
    this.#options.command(doAddress(address, isIP(address) === 4 ? 32 : 128, HTTPS_PORT, flags, expiresMs, 0));
  }

  #tellAddresses(): void {
    for (const [address, known] of this.#addresses) {
      known.flags = 0;
      this.#tellAddress(address, known);
    }
  }

  /* ---- whose connections */

  #connect(frame: ConnectFrame): void {
    if (this.#options.wishes.steer === null || frame.isOwn) return;
    const isWanted = this.#seen(frame, frame.cgroup, { comm: frame.comm, uid: frame.uid });
    if (frame.netns !== 0) this.#place(frame.netns, frame.task.tgid, isWanted);
  }

  /** True where its connections are to be steered. */
  #seen(
    { task }: Pick<ExecFrame, 'task'>,
    cgroup: number,
    hint: { readonly comm?: string; readonly uid?: number } = {},
  ): boolean {
    const { wishes, sourceOf } = this.#options;
    if (wishes.steer === null || task.tgid === 0) return false;
    const { cgroups, apps, containers } = wishes.steer;
    if (this.#targets.has(BigInt(cgroup)) || this.#targets.has(processTarget(task.tgid))) return true;
    if (cgroups.length + apps.length + containers.length === 0) return false;
    const source = sourceOf(task, { ...hint, cgroup });
    if (source.container !== null && containers.includes(source.container) && cgroup !== 0) {
      this.#addTarget(BigInt(cgroup));
      return true;
    }
    if (source.app !== null && apps.includes(source.app)) {
      this.#addTarget(processTarget(task.tgid));
      return true;
    }
    return cgroups.some(
      (path) => source.cgroup !== null && `${source.cgroup}/`.startsWith(`${path.replace(/\/+$/, '')}/`),
    );
  }

  #addTarget(id: bigint): void {
    if (this.#targets.has(id)) return;
    this.#targets.add(id);
    for (const [netns, { place }] of this.#places) if (place !== null) this.#tellTarget(id, netns, place);
  }

  #removeTarget(id: bigint): void {
    if (!this.#targets.delete(id)) return;
    for (const [netns, { place }] of this.#places) if (place !== null) this.#options.command(doUnsteer(id, netns, 0));
  }

  #tellTarget(id: bigint, netns: number, place: SteerPlace): void {
    const isClosed = this.#options.wishes.onError === 'closed';
    this.#options.command(doSteer(id, netns, place, isClosed, 0));
  }

  /* ---- from where */

  #isHome(netns: number): void {
    const { proxy, wishes } = this.#options;
    this.#netns = netns;
    if (wishes.steer === null) return;
    if (netns === 0) {
      this.#options.log('weir: nothing is steered: this kernel does not tell network namespaces apart (Linux 5.14)');
      return;
    }
    this.#reach(netns, proxy);
  }

  #reach(netns: number, place: SteerPlace | null): void {
    this.#places.set(netns, { place, reason: place === null ? 'netns' : '' });
    if (place !== null) for (const id of this.#targets) this.#tellTarget(id, netns, place);
  }

  /** A connection out of a network namespace; the first time it is tried whether the proxy can be reached from there. */
  #place(netns: number, tgid: number, isWanted: boolean): void {
    if (!isWanted || this.#places.has(netns) || this.#netns === null || netns === this.#netns) return;
    const address = this.#options.wishes.steer?.address ?? null;
    if (address === null) {
      this.#notSteered(netns, 'sensor.steer.address is not set');
      return;
    }
    this.#places.set(netns, { place: null, reason: '' });
    const sequence = this.#next();
    this.#probed.set(sequence, netns);
    this.#options.command(doProbe(tgid, address, sequence));
  }

  #probedFrom(sequence: number, error: number, text: string): void {
    const netns = this.#probed.get(sequence);
    if (netns === undefined) return;
    this.#probed.delete(sequence);
    if (error === 0) this.#reach(netns, this.#options.wishes.steer?.address ?? null);
    // The program has ended before it was tried: with the next one.
    else if (error === ENOENT || error === ESRCH) this.#places.delete(netns);
    else this.#notSteered(netns, text);
  }

  #notSteered(netns: number, reason: string): void {
    this.#places.set(netns, { place: null, reason });
    this.#options.log(`weir: not steered: netns: the proxy is not reached from network namespace ${netns} (${reason})`);
  }
}
