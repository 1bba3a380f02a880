/** A service manager's notification socket: Node has no datagram sockets of the Unix family, python3 has. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export interface NotifySocket {
  readonly path: string;
  /** Every assignment that came, in order, barriers aside: `READY=1`, `STATUS=…`. */
  readonly words: readonly string[];
  /** Settles with the first word that matches, had or still to come. */
  heard(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

/** Closes the descriptor of each barrier, which is what the sender waits for (sd_notify_barrier(3)). */
const LISTENER = `
import array, os, socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind(sys.argv[1])
print('LISTENING', flush=True)
while True:
    data, ancillary, _, _ = listener.recvmsg(8192, 4096)
    for _, _, content in ancillary:
        files = array.array('i')
        files.frombytes(content[:len(content) - len(content) % files.itemsize])
        for each in files:
            os.close(each)
    print(data.decode(), flush=True)
`;

/** Listens at a path that is not there yet, until it is closed. */
export async function listenForNotices(path: string): Promise<NotifySocket> {
  const child: ChildProcess = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const words: string[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    words.push(...lines.filter((line) => line !== 'BARRIER=1'));
    for (const look of [...waiting]) look();
  });
  const socket: NotifySocket = {
    path,
    words,
    heard: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = words.find((word) => pattern.test(word));
          if (found === undefined && child.exitCode === null) return;
          waiting.delete(look);
          if (found !== undefined) resolve(found);
          else reject(new Error(`the listener ended without ${pattern}; it heard ${words.join(', ')}`));
        };
        waiting.add(look);
        child.once('exit', look);
        look();
      }),
    async close() {
      const gone = once(child, 'exit');
      child.kill();
      await gone;
    },
  };
  await socket.heard(/^LISTENING$/);
  words.length = 0;
  return socket;
}
