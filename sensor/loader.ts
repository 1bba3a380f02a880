/**
 * The loader as the sensor sees it: started, its frames read, restarted when it ends or writes what is no frame, with a longer
 * wait each time. What it was doing meanwhile is lost, and said so. Nothing that it does ends this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { BrokenFrames } from './frame-fields.ts';
import type { HelloFrame, SensorFrame } from './frame-types.ts';
import { decodeFrame, FrameSplitter } from './frames.ts';

export interface LoaderOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  readonly onFrame: (frame: SensorFrame) => void;
  /** It has begun, anew or again: what was known of the one before holds no longer. */
  readonly onHello: (hello: HelloFrame) => void;
  /** It has ended, or never began; `reason` in words of ours. */
  readonly onEnd: (reason: string) => void;
  readonly log: (line: string) => void;
  /** The first wait before it is started again; 500 ms. */
  readonly firstDelayMs?: number;
}

export type LoaderState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'running'; readonly hello: HelloFrame }
  /** It is started again in a while. */
  | { readonly kind: 'waiting'; readonly reason: string }
  /** This host does not allow it: it is not tried again. */
  | { readonly kind: 'unable'; readonly reason: string; readonly hello: HelloFrame | null }
  | { readonly kind: 'stopped' };

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** One that has run for so long has begun well. */
const STEADY_MS = 60_000;
/** The loader's own word for a host on which nothing can be attached. */
const UNABLE = 3;
/** Commands that it does not take: it is stuck, and started again. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
const END_MS = 5000;
const MAX_ERRORS_CHARS = 2000;

export class Loader {
  readonly #options: LoaderOptions;
  #state: LoaderState = { kind: 'starting' };
  #child: ChildProcess | null = null;
  #failures = 0;
  #restarts = 0;
  #timer: NodeJS.Timeout | null = null;
  #isStopping = false;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: LoaderOptions) {
    this.#options = options;
  }

  get state(): LoaderState {
    return this.#state;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  start(): void {
    const { command, onHello, onFrame } = this.#options;
    const [program = '', ...args] = command;
    this.#state = { kind: 'starting' };
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    const startedAt = performance.now();
    const splitter = new FrameSplitter();
    let hello: HelloFrame | null = null;
    let broken: string | null = null;
    let errors = '';
    child.stdin.on('error', () => {
      // It has closed its end: that it has ended is told below.
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-MAX_ERRORS_CHARS);
    });
    child.stdout.on('data', (chunk: Buffer) => {
      if (broken !== null || this.#child !== child) return;
      try {
        for (const bytes of splitter.data(chunk)) {
          const frame = decodeFrame(bytes);
          if (frame === null) continue;
          if (hello === null) {
            if (frame.type !== 'hello') throw new BrokenFrames('it does not say what it is');
            hello = frame;
            // One that can do nothing says why, and ends.
            if (isRefusedAll(hello)) continue;
            this.#state = { kind: 'running', hello };
            onHello(hello);
          } else {
            onFrame(frame);
          }
        }
      } catch (error) {
        if (!(error instanceof BrokenFrames)) throw error;
        broken = `it wrote what is no frame (${error.message})`;
        child.kill('SIGKILL');
      }
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    let isOver = false;
    const over = (how: string, code: number | null): void => {
      if (isOver) return;
      isOver = true;
      resolve();
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#isStopping) {
        this.#state = { kind: 'stopped' };
        return;
      }
      const said = errors.trim().split('\n').at(-1) ?? '';
      const reason = broken ?? `${how}${said === '' ? '' : `: ${said}`}`;
      if (code === UNABLE) this.#unable(refusals(hello) || reason, hello);
      else this.#again(reason, performance.now() - startedAt > STEADY_MS);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return;
      isOver = true;
      resolve();
      this.#child = null;
      this.#unable(`the loader cannot be run (${error.code ?? error.name})`, null);
    });
    child.on('close', (code, signal) => over(`it ended (${signal ?? `code ${code}`})`, code));
  }

  /** A command; dropped where there is none to take it. */
  send(command: Buffer): void {
    const stdin = this.#child?.stdin;
    if (stdin === undefined || stdin === null || !stdin.writable || this.#state.kind !== 'running') return;
    if (stdin.writableLength > MAX_UNSENT_BYTES) {
      this.#options.log('weir: the sensor’s loader takes no commands; it is started again');
      this.#child?.kill('SIGKILL');
      return;
    }
    stdin.write(command);
  }

  /** Ends it; resolves when it has ended. Everything that it attached goes with it. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    const child = this.#child;
    if (child === null) {
      this.#state = { kind: 'stopped' };
      return;
    }
    child.stdin?.end();
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(timer);
  }

  #unable(reason: string, hello: HelloFrame | null): void {
    this.#state = { kind: 'unable', reason, hello };
    this.#options.onEnd(reason);
  }

  #again(reason: string, isSteady: boolean): void {
    this.#failures = isSteady ? 0 : this.#failures + 1;
    const first = this.#options.firstDelayMs ?? FIRST_DELAY_MS;
    const delayMs = Math.min(first * 2 ** Math.max(0, this.#failures - 1), LONGEST_DELAY_MS);
    this.#state = { kind: 'waiting', reason };
    this.#options.onEnd(reason);
    this.#options.log(
      `weir: the sensor’s loader is started again in ${delayMs} ms: ${reason}; what happens meanwhile is not seen`,
    );
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#restarts++;
      this.start();
    }, delayMs);
  }
}

function isRefusedAll({ parts }: HelloFrame): boolean {
  return parts.length > 0 && parts.every(({ state }) => state === 'refused');
}

/** What its first frame says of why nothing can be attached. */
function refusals(hello: HelloFrame | null): string {
  const reasons = hello?.parts.filter(({ state }) => state === 'refused').map(({ reason }) => reason) ?? [];
  return [...new Set(reasons)].filter((reason) => reason !== '').join('; ');
}
