/**
 * What is known of a client's connection before its first own byte: at which listener it came in, and, where a load
 * balancer that is trusted with it puts a PROXY header before it, from whom and to which port. From anybody else such a
 * header is what it is anywhere: a malformed request.
 */
import { BlockList, isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ProxiedConnection, readProxyHeader } from './proxy-header.ts';

export interface ArrivalOptions {
  /** Who puts a PROXY header before every connection; null for nobody. */
  readonly from: BlockList | null;
  /** What a header may take. */
  readonly limitMs: number;
  /** Records a connection that should have begun with a header and did not. */
  readonly refused: (peer: string | null) => void;
}

export class Arrivals {
  readonly #options: () => ArrivalOptions;
  readonly #proxied = new WeakMap<Duplex, ProxiedConnection>();
  readonly #transparent = new WeakSet<Duplex>();

  /** `options`: as they are for a connection that comes now. */
  constructor(options: () => ArrivalOptions) {
    this.#options = options;
  }

  /** A connection of the transparent listener. */
  addTransparent(socket: Socket): void {
    this.#transparent.add(socket);
  }

  isTransparent(socket: Duplex): boolean {
    return this.#transparent.has(socket);
  }

  /** The client's address: as the header says, else the connection's own. */
  peerOf(socket: Duplex): string | null {
    const proxied = this.#proxied.get(socket);
    if (proxied !== undefined) return proxied.peer;
    return 'remoteAddress' in socket && typeof socket.remoteAddress === 'string' ? socket.remoteAddress : null;
  }

  /** The port that the client connected to, as a header says; null where none says it. */
  portOf(socket: Duplex): number | null {
    return this.#proxied.get(socket)?.port ?? null;
  }

  /** TLS was put over a connection: it is the same one. */
  passOn(from: Duplex, to: Duplex): void {
    const proxied = this.#proxied.get(from);
    if (proxied !== undefined) this.#proxied.set(to, proxied);
  }

  /**
   * Takes the header off a connection, then goes on with it as if it began there. At once where none is expected; who
   * is expected to send one has to (the protocol forbids to guess), or the connection is ended.
   */
  take(socket: Socket, goOn: () => void): void {
    const { from, limitMs, refused } = this.#options();
    if (from === null || !isAmong(socket.remoteAddress, from)) return goOn();
    let bytes: Buffer = Buffer.alloc(0);
    const settle = (): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('error', refuse).off('end', refuse).off('close', settle);
    };
    const refuse = (): void => {
      settle();
      // A balancer that only looks whether somebody is there sends nothing.
      if (bytes.length > 0) refused(socket.remoteAddress ?? null);
      socket.on('error', () => socket.destroy());
      socket.destroy();
    };
    const onData = (chunk: Buffer): void => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header.kind === 'need-more') return;
      if (header.kind === 'none') return refuse();
      settle();
      socket.pause();
      if (header.connection !== null) this.#proxied.set(socket, header.connection);
      if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      goOn();
      socket.resume();
    };
    const timer = setTimeout(refuse, limitMs);
    socket.on('data', onData).on('error', refuse).on('end', refuse).on('close', settle);
  }
}

function isAmong(address: string | undefined, list: BlockList): boolean {
  if (address === undefined) return false;
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return list.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

/** Addresses and networks, as `proxy.proxyProtocol.from` has them; null for none. */
export function senders(networks: readonly string[]): BlockList | null {
  if (networks.length === 0) return null;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}
