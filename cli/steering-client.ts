/**
 * The proxy's end of the sensor's socket for steering: says each half second that the proxy is there, and asks where a steered
 * connection was going. While there is no sensor it tries again each second, quietly: nothing is steered then.
 */
import { connect, type Socket } from 'node:net';
import type { Config } from '../config/config.ts';
import type { Origin } from '../proxy/transparent.ts';
import type { HomePaths } from '../store/home.ts';

/** Within the lease of two seconds. */
const RENEW_MS = 500;
const RETRY_MS = 1000;
/** The sensor answers within milliseconds; a client that waits longer is better off closed. */
const ANSWER_MS = 3000;
const MAX_LINE = 4096;

interface Asked {
  readonly resolve: (origin: Origin | null) => void;
  readonly timer: NodeJS.Timeout;
}

/** Null where nothing is steered. */
export function steeringClient(config: Config, home: Pick<HomePaths, 'steerSocket'>): SteeringClient | null {
  return config.sensor.steer === null ? null : new SteeringClient(home.steerSocket);
}

export class SteeringClient {
  readonly #path: string;
  readonly #asked = new Map<number, Asked>();
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #lastId = 0;
  #isClosed = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** The proxy listens: steering may begin. */
  begin(): void {
    this.#connect();
  }

  /** Where the connection from this address and port was going; null where nobody knows. */
  readonly originOf = (address: string, port: number): Promise<Origin | null> => {
    const socket = this.#socket;
    if (socket === null || !socket.writable) return Promise.resolve(null);
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle(id, null), ANSWER_MS);
      this.#asked.set(id, { resolve, timer });
      socket.write(`${JSON.stringify({ id, address, port })}\n`);
    });
  };

  /** Nothing is steered from now on. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#socket?.destroy();
  }

  #connect(): void {
    if (this.#isClosed) return;
    const socket = connect(this.#path);
    let unread = '';
    const renew = (): void => void socket.write('{"renew":true}\n');
    socket.setEncoding('utf8');
    socket.on('connect', () => {
      this.#socket = socket;
      renew();
      this.#timer = setInterval(renew, RENEW_MS);
      this.#timer.unref();
    });
    socket.on('data', (text: string) => {
      const lines = (unread + text).split('\n');
      unread = lines.pop() ?? '';
      if (unread.length > MAX_LINE) return void socket.destroy();
      for (const line of lines) this.#answered(line);
    });
    // Why there is no sensor is told by whoever started it.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = null;
      if (this.#timer !== null) clearInterval(this.#timer);
      this.#timer = null;
      for (const id of [...this.#asked.keys()]) this.#settle(id, null);
      if (!this.#isClosed) setTimeout(() => this.#connect(), RETRY_MS).unref();
    });
    socket.unref();
  }

  #answered(line: string): void {
    let parsed: unknown;
    try {
      parsed = JSON.parse(line);
    } catch {
      return;
    }
    if (typeof parsed !== 'object' || parsed === null || !('id' in parsed) || !('origin' in parsed)) return;
    const { id, origin } = parsed;
    if (typeof id === 'number') this.#settle(id, isOrigin(origin) ? origin : null);
  }

  #settle(id: number, origin: Origin | null): void {
    const asked = this.#asked.get(id);
    if (asked === undefined) return;
    this.#asked.delete(id);
    clearTimeout(asked.timer);
    asked.resolve(origin);
  }
}

function isOrigin(value: unknown): value is Origin {
  if (typeof value !== 'object' || value === null || !('address' in value) || !('port' in value)) return false;
  return typeof value.address === 'string' && typeof value.port === 'number';
}
