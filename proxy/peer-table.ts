/**
 * Which process on this host is at the other end of a connection: the kernel's table of TCP connections tells the
 * socket, and whoever has that socket open is the one. Linux, from /proc. One pass answers for all that are asked about;
 * it takes no longer than two milliseconds at a time, and what cannot be read (another user's process) stays unknown.
 */
import { readFile } from 'node:fs/promises';
import { isIPv4, isIPv6 } from 'node:net';
import { basename } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { cgroupPlace } from '../wire/cgroup-place.ts';
import { linkOf, namesIn, textOf } from '../wire/proc-files.ts';

/** Both ends of a connection, as the process that accepted it sees them. */
export interface Ends {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** The kernel brought it here: the client's own row names where it was going instead of our end. */
  readonly isRedirected?: boolean;
}

export interface PeerFacts {
  readonly pid: number | null;
  /** The kernel's short name of the process, which the process itself may change. */
  readonly process: string | null;
  readonly exe: string | null;
  readonly user: string | null;
  readonly container: string | null;
}

interface Row {
  readonly inode: string;
  readonly uid: string;
}

const SLICE_MS = 2;
/** Processes that were at the other end lately are looked at first. */
const MAX_KNOWN = 64;

export class PeerTable {
  readonly #root: string;
  /** By pid, the one seen last at the end: when it began and what it is. */
  readonly #known = new Map<string, { readonly startedAt: string; readonly facts: PeerFacts }>();
  #users: ReadonlyMap<string, string> | null = null;

  /** `root`: where /proc is. */
  constructor(root = '/proc') {
    this.#root = root;
  }

  /**
   * In the order asked; null for a connection that is not among those of this host. Not `isDeep`, only processes that
   * were at the other end lately are looked at, which costs little; `undefined` for what none of them has open.
   */
  async look(asked: readonly Ends[], isDeep: boolean): Promise<readonly (PeerFacts | null | undefined)[]> {
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => textOrNothing(`${this.#root}/net/${name}`)));
    const rows = asked.map((ends) => rowOf(tables, ends));
    const wanted = new Set(rows.flatMap((row) => (row === null || row.inode === '0' ? [] : [row.inode])));
    const pids = await this.#holders(wanted, isDeep);
    return rows.map((row) => {
      if (row === null) return null;
      const pid = pids.get(row.inode);
      if (pid === undefined && !isDeep && row.inode !== '0') return undefined;
      const user = this.#userOf(row.uid);
      const facts = pid === undefined ? null : this.#factsOf(pid);
      return facts === null ? { pid: null, process: null, exe: null, user, container: null } : { ...facts, user };
    });
  }

  /** Who has each of these sockets open. */
  async #holders(wanted: Set<string>, isDeep: boolean): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    if (wanted.size === 0) return found;
    const recent = [...this.#known.keys()].reverse();
    let since = performance.now();
    // Whoever connects was more often started lately than long ago.
    const all = isDeep
      ? namesIn(this.#root)
          .filter((name) => /^[0-9]+$/.test(name))
          .reverse()
      : [];
    for (const pid of recent.concat(all)) {
      for (const descriptor of namesIn(`${this.#root}/${pid}/fd`)) {
        const link = linkOf(`${this.#root}/${pid}/fd/${descriptor}`);
        if (!link.startsWith('socket:[')) continue;
        const inode = link.slice('socket:['.length, -1);
        if (!wanted.delete(inode)) continue;
        found.set(inode, pid);
        if (wanted.size === 0) return found;
      }
      if (performance.now() - since < SLICE_MS) continue;
      await turn();
      since = performance.now();
    }
    return found;
  }

  /** Kept while the process lives: a number that was given to another one has another start. */
  #factsOf(pid: string): PeerFacts {
    const startedAt = startOf(textOf(`${this.#root}/${pid}/stat`));
    const known = this.#known.get(pid);
    this.#known.delete(pid);
    const facts = known?.startedAt === startedAt ? known.facts : this.#read(pid);
    this.#known.set(pid, { startedAt, facts });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
    return facts;
  }

  #read(pid: string): PeerFacts {
    const exe = linkOf(`${this.#root}/${pid}/exe`).replace(/ \(deleted\)$/, '') || null;
    const short = textOf(`${this.#root}/${pid}/comm`).trim();
    // Node calls its first thread MainThread, and so its process: there the program's file says more.
    const name = short === 'MainThread' && exe !== null ? basename(exe) : short;
    const { container } = cgroupPlace(textOf(`${this.#root}/${pid}/cgroup`));
    return { pid: Number(pid), process: name === '' ? null : name, exe, user: null, container };
  }

  #userOf(uid: string): string {
    this.#users ??= new Map(
      textOf('/etc/passwd')
        .split('\n')
        .map((line) => line.split(':'))
        .map(([name = '', , id = '']) => [id, name] as const),
    );
    return this.#users.get(uid) || uid;
  }
}

/**
 * The client's own row: its local end is our remote one. Lines are `sl local_address rem_address st tx:rx tr:when
 * retrnsmt uid timeout inode` (proc_net_tcp.rst); addresses are words of the host's order in hexadecimal.
 */
function rowOf(tables: readonly string[], ends: Ends): Row | null {
  const { remoteAddress, remotePort, localAddress, localPort, isRedirected = false } = ends;
  for (const form of [plainHex, mappedHex]) {
    const theirs = form(remoteAddress);
    const ours = form(localAddress);
    if (theirs === null || ours === null) continue;
    const needle = ` ${theirs}:${portHex(remotePort)} ${ours}:${portHex(localPort)} `;
    for (const table of tables) {
      const at = table.indexOf(needle);
      if (at !== -1) return rowBehind(table, at + needle.length);
    }
  }
  return isRedirected ? redirectedRow(tables, remoteAddress, remotePort) : null;
}

/** The one open connection that comes from there, wherever it was going; null where there are several. */
function redirectedRow(tables: readonly string[], address: string, port: number): Row | null {
  let found: Row | null = null;
  for (const form of [plainHex, mappedHex]) {
    const theirs = form(address);
    if (theirs === null) continue;
    for (const table of tables) {
      for (const match of table.matchAll(new RegExp(` ${theirs}:${portHex(port)} [0-9A-F]+:[0-9A-F]{4} 01 `, 'g'))) {
        if (found !== null) return null;
        // The state is the first of the fields that are read behind the addresses.
        found = rowBehind(table, match.index + match[0].length - '01 '.length);
      }
    }
  }
  return found;
}

/** What stands behind the addresses of a row. */
function rowBehind(table: string, at: number): Row {
  const fields = table.slice(at, table.indexOf('\n', at)).split(/\s+/);
  const [, , , , uid = '', , inode = '0'] = fields;
  return { uid, inode };
}

function portHex(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

/** As the family's own table has it. */
function plainHex(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  if (isIPv4(plain)) return wordHex(plain.split('.').map(Number));
  if (!isIPv6(plain)) return null;
  const bytes = bytesOfIpv6(plain);
  return [0, 4, 8, 12].map((at) => wordHex(bytes.slice(at, at + 4))).join('');
}

/** An IPv4 address in the table of IPv6: what a socket for both families connected to. */
function mappedHex(address: string): string | null {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return isIPv4(plain) ? `0000000000000000FFFF0000${wordHex(plain.split('.').map(Number))}` : null;
}

/** Little-endian, as on every host that Node 24 runs on but s390x, where a peer stays unknown. */
function wordHex(bytes: readonly number[]): string {
  return bytes
    .toReversed()
    .map((byte) => byte.toString(16).toUpperCase().padStart(2, '0'))
    .join('');
}

function bytesOfIpv6(address: string): readonly number[] {
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = new Array<number>(Math.max(0, 8 - first.length - last.length)).fill(0);
  return [...first, ...(tail === undefined ? [] : zeros), ...last].flatMap((group) => [group >> 8, group & 0xff]);
}

/** Field 22; the name before it is in brackets and may hold anything. */
function startOf(stat: string): string {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

// What cannot be read is another user's, or has just ended: neither is ours to name.
async function textOrNothing(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return '';
  }
}
