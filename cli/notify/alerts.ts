/**
 * Live alerts: follows the records, finds drift, and tells whom the configuration names. What was read and what is to be told is
 * on disk, so that it goes on where it ended, and no item of drift is told twice.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fleet } from '../../console/api/shapes.ts';
import type { Home } from '../../store/home.ts';
import { recordOwn } from '../../store/own-events.ts';
import { keptStore } from '../console/kept-reader.ts';
import { ownCategories } from '../console/words.ts';
import { keptBaseline } from '../flows/kept-baseline.ts';
import { knowledgeOf } from '../flows/knowledge.ts';
import type { Snapshot } from '../snapshot.ts';
import { DriftWatch } from './drift-watch.ts';
import { noticeOf } from './notices.ts';
import { type Gathered, Notifier } from './notifier.ts';

/** Records that are read at once. */
const MAX_READ = 2000;
/** How often drift is looked for, at most. */
const LOOK_MS = 5000;

interface State {
  /** Of the records; null before the first run. */
  readonly position: number | null;
  readonly told: Readonly<Record<string, number>>;
  readonly gathered: Readonly<Record<string, Gathered>>;
}

export interface AlertsOptions {
  readonly log: (line: string) => void;
  /** The position in the records from which a first run begins; the present one unless given. */
  readonly begin?: number;
  readonly now?: () => number;
  /** Takes lines for stdout. */
  readonly print?: (text: string) => void;
}

export class Alerts {
  readonly #home: Home;
  readonly #folder: string;
  readonly #options: AlertsOptions;
  readonly #now: () => number;
  readonly #store: ReturnType<typeof keptStore>;
  readonly #watch: DriftWatch;
  /** Null until the first round. */
  #position: number | null;
  #written = '';
  #lookedAt = Number.NEGATIVE_INFINITY;
  #notifiers: readonly Notifier[] = [];
  #knowledge: ReturnType<typeof knowledgeOf>;
  #baseline: ReturnType<typeof keptBaseline>;
  #made = '';

  constructor(home: Home, snapshot: Snapshot, options: AlertsOptions) {
    this.#home = home;
    this.#folder = join(home.path, 'notify');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#store = keptStore({ store: snapshot.config.store, home: home.path }, options.log);
    const state = this.#read();
    this.#watch = new DriftWatch(state.told);
    this.#position = state.position ?? options.begin ?? null;
    this.#knowledge = knowledgeOf(snapshot.config, ownCategories(snapshot));
    this.#baseline = keptBaseline(snapshot.config.baseline, options.log);
    this.take(snapshot, state.gathered);
  }

  /** Configuration from now on; a receiver that stays goes on with what it has. */
  take(snapshot: Snapshot, gathered: Readonly<Record<string, Gathered>> | null = null): void {
    const { config } = snapshot;
    this.#knowledge = knowledgeOf(config, ownCategories(snapshot));
    this.#baseline = keptBaseline(config.baseline, this.#options.log);
    const made = JSON.stringify([config.notify, config.proxy.upstream, [...config.proxy.resolve]]);
    if (made === this.#made) return;
    this.#made = made;
    const before = gathered ?? Object.fromEntries(this.#notifiers.map((one) => [one.id, one.gathered]));
    this.#notifiers = config.notify.map((target) => {
      const { log, print } = this.#options;
      const notifier = new Notifier({
        config,
        target,
        folder: this.#folder,
        log,
        ...(print === undefined ? {} : { print }),
      });
      const kept = before[notifier.id];
      if (kept !== undefined) notifier.restore(kept);
      return notifier;
    });
  }

  /** One round: drift, then what was recorded, then messages. Rejects where the records cannot be read or written. */
  async round(): Promise<void> {
    const now = this.#now();
    const reader = this.#store();
    // What was recorded before the first run is no news.
    let from = this.#position ?? (await reader.position());
    if (now < this.#lookedAt || now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now;
      const events = await this.#watch.look(reader, this.#baseline(), this.#knowledge, new Date(now));
      recordOwn(this.#home, events, this.#options.log);
      if (events.length > 0) this.#keep();
    }
    for (;;) {
      const { events, position } = await reader.after(from, MAX_READ);
      for (const event of events) {
        const notice = this.#notifiers.length === 0 ? null : noticeOf(event, this.#knowledge);
        if (notice === null) continue;
        for (const notifier of this.#notifiers) if (notifier.wants(notice)) notifier.add(notice);
      }
      const isAll = position - from < MAX_READ;
      from = position;
      this.#position = from;
      if (isAll) break;
    }
    for (const notifier of this.#notifiers) notifier.make(now);
    this.#keep();
    await Promise.all(this.#notifiers.map((notifier) => notifier.send(this.#now)));
  }

  get state(): Fleet['notify'] {
    return this.#notifiers.map(({ state }) => state);
  }

  /** Written when there is something new; a kill between two rounds has the last records read again. */
  #keep(): void {
    const gathered = Object.fromEntries(this.#notifiers.map((one) => [one.id, one.gathered]));
    const state: State = { position: this.#position, told: this.#watch.told, gathered };
    const text = JSON.stringify(state);
    if (text === this.#written) return;
    this.#written = text;
    const file = join(this.#folder, 'state.json');
    writeFileSync(`${file}.tmp`, text, { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  }

  #read(): State {
    try {
      const read: State = JSON.parse(readFileSync(join(this.#folder, 'state.json'), 'utf8'));
      if (typeof read.position === 'number' && typeof read.told === 'object' && typeof read.gathered === 'object')
        return read;
    } catch {
      // The first run.
    }
    return { position: null, told: {}, gathered: {} };
  }
}
