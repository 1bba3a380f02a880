/** Contents out of git's object store, one after the other, by one `git cat-file --batch`. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { gitEnvironment, SAFE_GIT } from './git-call.ts';

export class GitBlobs {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  /** Bytes of the present content that were not handed on, its closing newline with them. */
  #left = 0;

  constructor(cwd: string, env: NodeJS.ProcessEnv) {
    this.#child = spawn('git', [...SAFE_GIT, 'cat-file', '--batch'], {
      cwd,
      env: gitEnvironment(env),
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    // A git that ends early is told by its output, which ends too.
    this.#child.on('error', () => {});
    this.#child.stdin.on('error', () => {});
    this.#chunks = this.#child.stdout[Symbol.asyncIterator]();
  }

  /** The content in pieces; null where the store does not have it. Call again when the pieces have been read, or given up. */
  async read(id: string): Promise<AsyncGenerator<Buffer> | null> {
    while (this.#left > 0) await this.#take();
    this.#child.stdin.write(`${id}\n`);
    const head = await this.#line();
    const size = /^[0-9a-f]+ blob (\d+)$/.exec(head)?.[1];
    if (size === undefined) return null;
    this.#left = Number(size) + 1;
    return this.#content();
  }

  close(): void {
    this.#child.stdin.end();
    this.#child.stdout.destroy();
  }

  async *#content(): AsyncGenerator<Buffer> {
    while (this.#left > 1) {
      const piece = await this.#take();
      // The last byte is the newline behind the content.
      yield this.#left === 0 ? piece.subarray(0, -1) : piece;
    }
    if (this.#left === 1) await this.#take();
  }

  async #take(): Promise<Buffer> {
    if (this.#held.length === 0) this.#held = await this.#next();
    const piece = this.#held.subarray(0, this.#left);
    this.#held = this.#held.subarray(piece.length);
    this.#left -= piece.length;
    return piece;
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf(0x0a);
      if (end !== -1) {
        const line = this.#held.toString('latin1', 0, end);
        this.#held = this.#held.subarray(end + 1);
        return line;
      }
      this.#held = Buffer.concat([this.#held, await this.#next()]);
    }
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next();
    if (done === true) throw Object.assign(new Error('git ended early'), { code: 'EPIPE', syscall: 'read' });
    return value;
  }
}
