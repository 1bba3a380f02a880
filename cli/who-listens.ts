/**
 * Which process listens on a TCP port of this host, for the message that says by what a port is taken. Linux only, from
 * /proc; it names a process by its short name, because a command line may hold a secret.
 */

import { basename } from 'node:path';
import { linkOf, namesIn, textOf } from '../wire/proc-files.ts';

export interface PortHolder {
  readonly pid: number;
  /** The kernel's short name, at most 15 characters. */
  readonly process: string;
}

const LISTEN = '0A';

/** Null where nothing listens, the process is another user's, or the system is not Linux. */
export function whoListens(port: number): PortHolder | null {
  const sockets = new Set([...listeningInodes('/proc/net/tcp', port), ...listeningInodes('/proc/net/tcp6', port)]);
  if (sockets.size === 0) return null;
  for (const entry of namesIn('/proc')) {
    if (!/^[0-9]+$/.test(entry)) continue;
    for (const descriptor of namesIn(`/proc/${entry}/fd`)) {
      const inode = /^socket:\[([0-9]+)\]$/.exec(linkOf(`/proc/${entry}/fd/${descriptor}`))?.[1];
      if (inode === undefined || !sockets.has(inode)) continue;
      return { pid: Number(entry), process: nameOf(entry) };
    }
  }
  return null;
}

/** Node calls its first thread MainThread, and so its process: there the program's file says more. */
function nameOf(pid: string): string {
  const short = textOf(`/proc/${pid}/comm`).trim();
  return (short === 'MainThread' ? basename(linkOf(`/proc/${pid}/exe`)) : short) || 'a process';
}

/** Lines are `sl local_address rem_address st … inode`; addresses are hexadecimal, `0100007F:2253` (proc_net_tcp.rst). */
function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return textOf(table)
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(wanted) && fields[3] === LISTEN)
    .map((fields) => fields[9] ?? '');
}
