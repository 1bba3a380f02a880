/** The kernel's table of TCP sockets as /proc/net/tcp and tcp6 have it (man 5 proc). Pure; a line that is none is left out. */
import { ipv6Text } from '../../wire/dns-answer.ts';

export interface SocketRow {
  /** Of the socket; 0 where no process has it any more. */
  readonly inode: number;
  readonly uid: number;
  readonly state: 'open' | 'listening' | 'other';
  readonly localAddress: string;
  readonly localPort: number;
  /** IPv4-mapped IPv6 counts as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
}

/** TCP_ESTABLISHED, TCP_SYN_SENT, TCP_CLOSE_WAIT: somebody has asked for it, and it is not given up. */
const OPEN = ['01', '02', '08'];
const LISTENING = '0A';

export function socketRows(text: string): readonly SocketRow[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [, local = '', remote = '', state = '', , , , uid = '', , inode = ''] = fields;
    const here = placeOf(local);
    const there = placeOf(remote);
    if (here === null || there === null || !/^\d+$/.test(inode)) return [];
    return [
      {
        inode: Number(inode),
        uid: Number(uid),
        state: OPEN.includes(state) ? 'open' : state === LISTENING ? 'listening' : 'other',
        localAddress: here.address,
        localPort: here.port,
        remoteAddress: there.address,
        remotePort: there.port,
      } as const,
    ];
  });
}

/** `0100007F:1F90`: the words of the address in the byte order of the host, which is little endian wherever Weir runs. */
function placeOf(text: string): { readonly address: string; readonly port: number } | null {
  const [, hex = '', port = ''] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/.exec(text) ?? [];
  if (hex === '') return null;
  const bytes = Buffer.from(hex, 'hex');
  bytes.swap32();
  const isMapped = bytes.length === 16 && bytes.readBigUInt64BE(0) === 0n && bytes.readUInt32BE(8) === 0xffff;
  const address = bytes.length === 4 || isMapped ? [...bytes.subarray(-4)].join('.') : ipv6Text(bytes);
  return { address, port: Number.parseInt(port, 16) };
}
