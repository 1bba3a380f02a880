/**
 * Tells the service manager that started this process (systemd's sd_notify protocol) when it is ready, when it stops, and that it
 * is alive. Node has no datagram sockets of the Unix family, so that each word is one run of `systemd-notify`, which stands
 * wherever systemd does. Without NOTIFY_SOCKET nothing is run; where the program is missing that is said once, and Weir goes on.
 */
import { execFile } from 'node:child_process';

export interface ServiceManager {
  /** The start is over. `status` is a line that `systemctl status` shows; it holds no value. */
  ready(status: string): Promise<void>;
  /** The stop has begun; no further word is that this process is alive. */
  stopping(): Promise<void>;
}

/** What it is of this process's surroundings. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly log: (line: string) => void;
}

const PROGRAM = 'systemd-notify';
/** A service manager that does not read must not hold up a stop. */
const RUN_MS = 5000;
/** Of the time after which the manager takes this process for dead: two words may be lost, or late. */
const ALIVE_SHARE = 3;

const NOBODY: ServiceManager = {
  ready: async () => {},
  stopping: async () => {},
};

/** Who started this process; somebody who listens to nothing where it was no service manager. */
export function serviceManager({ env, pid, log }: Surroundings): ServiceManager {
  const socket = env['NOTIFY_SOCKET'];
  if (socket === undefined || socket === '') return NOBODY;
  let isMissed = false;
  let alive: NodeJS.Timeout | null = null;
  const say = (words: readonly string[]): Promise<void> =>
    new Promise((resolve) => {
      execFile(PROGRAM, words, { env, timeout: RUN_MS }, (error) => {
        if (error !== null && !isMissed) {
          isMissed = true;
          const code = 'code' in error ? String(error.code) : error.name;
          log(`weir: the service manager could not be told (${PROGRAM}: ${code})`);
        }
        resolve();
      });
    });
  const everyMs = aliveEvery(env, pid);
  return {
    async ready(status) {
      await say(['--ready', `--status=${status}`]);
      if (everyMs !== null && alive === null) {
        alive = setInterval(() => void say(['WATCHDOG=1']), everyMs);
        alive.unref();
      }
    },
    async stopping() {
      if (alive !== null) clearInterval(alive);
      alive = null;
      await say(['STOPPING=1']);
    },
  };
}

/** WATCHDOG_USEC, where it is meant for this process (sd_watchdog_enabled(3)). */
function aliveEvery(env: NodeJS.ProcessEnv, pid: number): number | null {
  const micros = Number(env['WATCHDOG_USEC'] ?? 0);
  const isMeant = env['WATCHDOG_PID'] === undefined || Number(env['WATCHDOG_PID']) === pid;
  return isMeant && Number.isFinite(micros) && micros > 0 ? Math.floor(micros / 1000 / ALIVE_SHARE) : null;
}
