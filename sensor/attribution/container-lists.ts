/**
 * Containers that files say nothing of, or not all: who runs them is asked, beside what is going on. A question brings all
 * containers there are, and is asked when an id is met that the last answer had not; what was told is remembered, as of a
 * container that has ended something may still be on its way. A place that cannot be asked is said once, until it can be
 * again, and costs nothing but what it would have said.
 */
import type { CgroupPlace } from '../../wire/cgroup-place.ts';
import type { ContainerFacts, Listing } from './container-facts.ts';

/** Somebody who knows containers. */
export interface ContainerSource {
  /** As it is said where it fails. */
  readonly name: string;
  readonly list: (withinMs: number) => Promise<Listing>;
}

export interface ContainerListsOptions {
  /** Those that are there now. The first that knows something of a container tells it. */
  readonly sources: () => readonly ContainerSource[];
  /** What the runtime's own files say. */
  readonly filed: (id: string, place: CgroupPlace) => ContainerFacts | null;
  /** Of containers that were asked for something is known now. */
  readonly onLearned: () => void;
  readonly log: (line: string) => void;
  /** The least time between two questions. */
  readonly restMs?: number;
  readonly withinMs?: number;
}

const REST_MS = 2000;
const WITHIN_MS = 5000;
/** An id that is asked for in vain so many times is nothing of theirs. */
const TRIES = 3;
/** After a question that was not answered, so many times the rest. */
const FAILED_RESTS = 10;
const MAX_KNOWN = 5000;
const ID = /^[0-9a-f]{64}$/;

export class ContainerLists {
  readonly #options: ContainerListsOptions;
  readonly #told = new Map<string, ContainerFacts>();
  /** Ids that nobody has told of, and how many questions were asked for each. */
  readonly #wanted = new Map<string, number>();
  readonly #failing = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #isAsking = false;
  #askedAt = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: ContainerListsOptions) {
    this.#options = options;
  }

  /** What is known now; what is not may be a moment later, which `onLearned` says. */
  factsOf(id: string, place: CgroupPlace): ContainerFacts | null {
    const filed = this.#options.filed(id, place);
    if (!ID.test(id) || this.#options.sources().length === 0) return filed;
    const told = this.#told.get(id);
    if (told === undefined) {
      this.#want(id);
      return filed;
    }
    const { runtime = null, image = null } = filed ?? {};
    return { runtime: runtime ?? told.runtime, image: image ?? told.image, pod: told.pod ?? filed?.pod ?? null };
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #want(id: string): void {
    const tries = this.#wanted.get(id) ?? 0;
    if (tries >= TRIES) return;
    if (!this.#wanted.has(id)) keep(this.#wanted, id, 0);
    const { restMs = REST_MS } = this.#options;
    this.#plan(Math.max(0, this.#askedAt + restMs - performance.now()));
  }

  #plan(inMs: number): void {
    if (this.#timer !== null || this.#isAsking || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      void this.#ask();
    }, inMs);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const { onLearned, restMs = REST_MS, withinMs = WITHIN_MS } = this.#options;
    this.#isAsking = true;
    const sources = this.#options.sources();
    const asked = [...this.#wanted.keys()];
    const listings = await Promise.all(sources.map(({ list }) => list(withinMs)));
    this.#askedAt = performance.now();
    // One that did not answer has said nothing of them.
    const isWhole = listings.every(({ kind }) => kind === 'listed');
    if (isWhole) for (const id of asked) this.#wanted.set(id, (this.#wanted.get(id) ?? 0) + 1);
    let hasLearned = false;
    // Backwards, so that what the first one says stands.
    for (const [at, source] of [...sources.entries()].toReversed()) {
      const listing = listings[at];
      if (listing === undefined) continue;
      this.#note(source, listing);
      if (listing.kind === 'failed') continue;
      for (const [id, facts] of listing.containers) {
        keep(this.#told, id, facts);
        if (this.#wanted.delete(id)) hasLearned = true;
      }
    }
    this.#isAsking = false;
    if (this.#isClosed) return;
    if (hasLearned) onLearned();
    if ([...this.#wanted.values()].some((tries) => tries < TRIES)) this.#plan(isWhole ? restMs : restMs * FAILED_RESTS);
  }

  #note({ name }: ContainerSource, listing: Listing): void {
    if (listing.kind === 'listed') {
      if (this.#failing.delete(name)) this.#options.log(`weir: the sensor hears of containers from ${name} again`);
      return;
    }
    if (this.#failing.has(name)) return;
    this.#failing.add(name);
    this.#options.log(
      `weir: the sensor cannot ask ${name} for containers (${listing.reason}): image and pod are known by files of the runtime alone`,
    );
  }
}

/** The newest are kept. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size > MAX_KNOWN) map.delete(oldest);
}
