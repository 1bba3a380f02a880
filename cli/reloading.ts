/**
 * Takes up changes of configuration and policies in a running Weir: read as a whole, checked as at the start, taken up
 * by everything at once or not at all, and recorded. A bad file changes nothing.
 */
import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { loadPolicies, policyPaths } from '../config/policies.ts';
import { compilePolicies } from '../engine/decide/policy-set.ts';
import { ERRORS, WeirError } from '../flow/errors.ts';
import type { Recorder } from '../flow/recorder.ts';
import { newUlid } from '../store/ulid.ts';
import { adminEvent, type Change, changedKeys, keepingFixed, needingRestart, policyChanges } from './reload.ts';
import type { Snapshot } from './snapshot.ts';
import { type WatchedFiles, watchFiles } from './watched-files.ts';

export interface ReloadingOptions {
  /** Reads the configuration again, as at the start. Throws WeirError `config_invalid`. */
  readonly read: () => Config;
  /** As it was read at the start. */
  readonly configured: Config;
  /** What runs. */
  readonly snapshot: Snapshot;
  /** Checks what is beyond the configuration itself. Throws WeirError. */
  readonly check: (config: Config) => void;
  /** Has all of it judge by this from now on. Rejects with a WeirError, and then nothing has changed. */
  readonly take: (snapshot: Snapshot) => Promise<void>;
  readonly recorder: Recorder;
  readonly log: (line: string) => void;
}

export interface Reloading {
  /** What runs now. */
  readonly snapshot: Snapshot;
  /** Reads all again and takes up what has changed. Never rejects: what is wrong is said. */
  reload(): Promise<void>;
  close(): void;
}

/** Watches the files of the running configuration from now on. */
export function startReloading(options: ReloadingOptions): Reloading {
  return new Reloader(options);
}

class Reloader implements Reloading {
  readonly #options: ReloadingOptions;
  readonly #files: WatchedFiles;
  /** The last that was read and taken up. */
  #configured: Config;
  #snapshot: Snapshot;
  /** Keys of which it has been said that they need a restart. */
  #waiting = '';
  #work: Promise<void> = Promise.resolve();

  constructor(options: ReloadingOptions) {
    this.#options = options;
    this.#configured = options.configured;
    this.#snapshot = options.snapshot;
    const say = (message: string): void => options.log(`weir: ${message}`);
    this.#files = watchFiles(() => void this.#queue(false), say);
    this.#follow();
    // What changed between the first reading and now was not watched yet.
    void this.#queue(false);
  }

  get snapshot(): Snapshot {
    return this.#snapshot;
  }

  reload(): Promise<void> {
    return this.#queue(true);
  }

  close(): void {
    this.#files.close();
  }

  /** One after the other. */
  #queue(isAsked: boolean): Promise<void> {
    this.#work = this.#work.then(() => this.#reload(isAsked));
    return this.#work;
  }

  async #reload(isAsked: boolean): Promise<void> {
    const { log } = this.#options;
    try {
      const isChanged = await this.#takeUp();
      if (isAsked && !isChanged) log('weir: configuration and policies were read again: nothing has changed');
    } catch (error) {
      log(`weir: ${failureText(error)}\nweir: nothing is taken up; what runs goes on`);
    }
  }

  /** False where nothing is different. */
  async #takeUp(): Promise<boolean> {
    const { read, take, check, configured: atStart } = this.#options;
    const configured = read();
    const config = keepingFixed(this.#snapshot.config, configured);
    check(config);
    const documents = loadPolicies(config);
    // What only all of them together show; the workers would say it too, and later.
    compilePolicies(documents);

    this.#sayWhatWaits(needingRestart(changedKeys(atStart, configured)));
    const keys = changedKeys(this.#configured, configured);
    const taken = keys.filter((key) => !needingRestart(keys).includes(key));
    const changes = policyChanges(this.#snapshot.documents, documents);
    if (taken.length > 0 || changes.length > 0) {
      await take({ config, documents });
      this.#snapshot = { config, documents };
      this.#record([...changes, ...(taken.length === 0 ? [] : [settingsChange(taken)])]);
    }
    this.#configured = configured;
    this.#follow();
    return keys.length > 0 || changes.length > 0;
  }

  #sayWhatWaits(keys: readonly string[]): void {
    const waiting = keys.join(', ');
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    if (waiting !== '') this.#options.log(`weir: ${waiting}: taken up at the next start only; the rest holds now`);
  }

  #record(changes: readonly Change[]): void {
    const { recorder, log } = this.#options;
    for (const change of changes) {
      log(`weir: taken up: ${change.text}`);
      try {
        const event = adminEvent(change, newUlid(), new Date(), hostname());
        recorder.close({ event, edges: [], excerpt: null });
      } catch (error) {
        log(`weir: ${failureText(error)}`);
      }
    }
  }

  #follow(): void {
    const { file, proxy } = this.#configured;
    // Keys that expire are written anew by whoever got them.
    const keys = proxy.upstream.aws?.files ?? [];
    this.#files.follow([...(file === null ? [] : [file]), ...policyPaths(this.#snapshot.config), ...keys]);
  }
}

function settingsChange(keys: readonly string[]): Change {
  return { policy: null, version: null, text: `configuration changed: ${keys.join(', ')}` };
}

/** Problems of files stand on lines of their own, `file:line:column: what`. */
function failureText(error: unknown): string {
  if (!(error instanceof WeirError))
    return `unexpected ${error instanceof Error ? error.name : 'error'} while reloading`;
  const isList = error.code === 'config_invalid' || error.code === 'policy_invalid';
  return `${error.code}: ${isList ? `${ERRORS[error.code].meaning}\n` : ''}${error.message}`;
}
