/**
 * A running node of a fleet: asks the centre for news each so often, renews its certificate in the last third of its life, and
 * says how it stands. Whatever the centre does, the node goes on with what it has on disk: nothing here stops or delays
 * anything else.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { WeirError } from '../../flow/errors.ts';
import type { Figures } from '../../flow/figures.ts';
import { certificationRequest } from '../../keys/request.ts';
import { allWriterIds, type HomePaths } from '../../store/home.ts';
import { type Lock, takeLock } from '../../store/lock.ts';
import { takeWantedWriters } from '../../store/writer-keys.ts';
import { askCentre, Refused } from './ask-centre.ts';
import { BadField, PEM } from './checked-fields.ts';
import { type InterceptionNews, takeNews, trustIn } from './news.ts';
import { NodeFiles, type NodeIdentity, type NodeState } from './node-files.ts';
import { NOTED_SKEW_MS } from './terms.ts';
import { certificateDigest, certificatesIn, isOfIssuer, shortId } from './trust.ts';

export interface MembershipOptions {
  readonly paths: HomePaths;
  /** Weir's. */
  readonly version: string;
  readonly now: () => number;
  /** Hears what belongs into the records: a sentence without secrets. `isGrave`: somebody should look. */
  readonly tell: (text: string, isGrave: boolean) => void;
  readonly log: (line: string) => void;
  /** The certificate was renewed, or other authorities are trusted: connections made with it are made anew. */
  readonly onIdentity?: (identity: NodeIdentity) => void;
  /** What a proxy is to intercept with; gives a request for an authority where one is to be sent, DER. */
  readonly onInterception?: (news: InterceptionNews) => Buffer | null;
}

export interface Standing extends NodeState {
  readonly name: string;
  readonly role: NodeIdentity['role'];
  /** The end of the certificate. */
  readonly until: Date;
  readonly isExpired: boolean;
}

/** Of its life: with less than so much left, it is renewed. */
const RENEW_IN_LAST = 1 / 3;
const FIRST_RETRY_MS = 15_000;
/** How often it is looked whether the centre is to be asked before its time, and how soon it is asked again then. */
const LOOK_MS = 1000;
const SOON_MS = 5000;
/** Of a wait, so that nodes that were started together do not ask together. */
const SPREAD = 0.2;
/** Writers that are remembered as asked for; from there on all are asked for anew. */
const MOST_WANTED = 10_000;

export class Membership {
  readonly #options: MembershipOptions;
  readonly #files: NodeFiles;
  /** Tells this process from the next, and from one on a copy of this home. */
  #instance: string | null = null;
  #lock: Lock | null = null;
  #identity: NodeIdentity;
  #state: NodeState;
  #authorityRequest: Buffer | null = null;
  #timer: NodeJS.Timeout | null = null;
  #looking: NodeJS.Timeout | null = null;
  /** As the centre was last told. */
  #toldAll: string | null = null;
  #askedSoonMs = Number.NEGATIVE_INFINITY;
  /** Writers that the centre was asked for and did not know: when each is asked for again, and after what wait. */
  readonly #wanted = new Map<string, { atMs: number; waitMs: number }>();
  #failures = 0;
  #isClosed = false;
  #said = '';
  readonly #told = new Set<string>();

  /** Null where home has joined no fleet. Throws WeirError `fleet_unusable`, `seal_unusable`. */
  static of(options: MembershipOptions): Membership | null {
    const files = new NodeFiles(options.paths.path);
    const identity = files.identity();
    return identity === null ? null : new Membership(options, files, identity);
  }

  private constructor(options: MembershipOptions, files: NodeFiles, identity: NodeIdentity) {
    this.#options = options;
    this.#files = files;
    this.#identity = identity;
    this.#state = files.state();
  }

  get identity(): NodeIdentity {
    return this.#identity;
  }

  get standing(): Standing {
    return standingOf(this.#identity, this.#state, this.#options.now());
  }

  /**
   * Asks at once, in the background, and from then on each so often. Of several processes on one home one asks; the others take
   * up what it was handed.
   */
  start(): void {
    void this.turn().then(() => this.#next());
    let isLooking = false;
    this.#looking = setInterval(() => {
      if (isLooking) return;
      isLooking = true;
      void this.look().finally(() => {
        isLooking = false;
      });
    }, LOOK_MS).unref();
  }

  /**
   * Asks before its time where somebody waits for it: the centre does not know yet of a writer of this home, that it has a new
   * certificate or whom it trusts now, or somebody in this home has met a writer of another node whose key is not here. Never
   * rejects.
   */
  async look(): Promise<void> {
    try {
      const now = this.#options.now();
      // A centre that is away is asked at its own pace.
      if (this.#lock?.isHeld !== true || this.#failures > 0) return;
      if (now >= this.#askedSoonMs && now - this.#askedSoonMs < SOON_MS) return;
      const isFresh = this.#toldAll !== null && this.#toldAll !== toldText(this.#options.paths, this.#identity);
      const isWanted = this.#isAnyDue(takeWantedWriters(this.#options.paths), now);
      if (!isFresh && !isWanted) return;
      this.#askedSoonMs = now;
      await this.sync();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** One that nobody ever tells the centre of, of a node that has not joined, is asked for less and less often. */
  #isAnyDue(writers: readonly string[], now: number): boolean {
    if (this.#wanted.size > MOST_WANTED) this.#wanted.clear();
    let isDue = false;
    for (const writer of writers) {
      const { atMs, waitMs } = this.#wanted.get(writer) ?? { atMs: now, waitMs: SOON_MS };
      if (now < atMs) continue;
      isDue = true;
      this.#wanted.set(writer, { atMs: now + waitMs, waitMs: Math.min(waitMs * 2, this.#state.syncMs) });
    }
    return isDue;
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#looking !== null) clearInterval(this.#looking);
    this.#lock?.release();
  }

  figures(): Figures['values'] {
    const { until, lastSync, skewMs, duplicate, problem } = this.standing;
    const now = this.#options.now();
    const figure = (name: string, value: number) => ({ name, labels: [], value });
    return [
      figure('weir_fleet_certificate_seconds_left', (until.getTime() - now) / 1000),
      figure('weir_fleet_centre_seconds', lastSync === null ? -1 : (now - Date.parse(lastSync)) / 1000),
      figure('weir_fleet_centre_failing', problem === null ? 0 : 1),
      figure('weir_fleet_clock_skew_seconds', skewMs / 1000),
      figure('weir_fleet_duplicate', duplicate === null ? 0 : 1),
    ];
  }

  /** Asks once. Never rejects. */
  async sync(): Promise<void> {
    const { paths, now, version, log } = this.#options;
    try {
      const identity = this.#reread();
      const { cert, key, ca, address } = identity;
      const renewal = isDue(cert, ca, now()) ? this.#files.nextKey() : null;
      const asked = now();
      const writers = allWriterIds(paths);
      const toldAll = toldText(paths, identity);
      const body = {
        ...{ instance: this.#instance, version, time: new Date(asked).toISOString(), writers },
        trusts: certificatesIn(ca).map(certificateDigest),
        request:
          renewal === null ? null : certificationRequest(renewal.publicKey, renewal.privateKey).toString('base64url'),
        authorityRequest: this.#authorityRequest?.toString('base64url') ?? null,
      };
      const answer = await askCentre({ address, ca }, '/v1/sync', body, { cert, key });
      const trust = trustIn(answer, { ca, signed: this.#files.trust() });
      if (trust !== null) this.#files.putTrust(trust.ca, trust.signed);
      const trusted = trust?.ca ?? ca;
      const news = takeNews(answer, this.#files, paths, trusted);
      this.#toldAll = toldAll;
      this.#trust(identity, trusted);
      const renewed = answer.textOrNull('certificate', PEM);
      if (renewed !== null) this.#take({ ...identity, cert: renewed, ca: trusted });
      if (news.interception !== null) {
        this.#authorityRequest = this.#options.onInterception?.(news.interception) ?? null;
      }
      const { duplicate, syncMs } = news;
      const skewMs = Math.round((asked + now()) / 2 - news.timeMs);
      this.#answered({
        lastSync: new Date(now()).toISOString(),
        problem: null,
        isRefused: false,
        skewMs,
        duplicate,
        syncMs,
      });
    } catch (error) {
      this.#failed(error);
    }
    try {
      this.#files.putState(this.#state);
    } catch {
      log('weir: how this node stands with its fleet cannot be kept in home');
    }
    this.#tellExpiry();
  }

  /** Asks once, where this process is the one of its home that asks; else takes up what that one was handed. */
  async turn(): Promise<void> {
    try {
      if (this.#mayAsk()) return await this.sync();
      this.#reread();
      this.#state = this.#files.state();
    } catch (error) {
      this.#failed(error);
    }
  }

  #mayAsk(): boolean {
    if (this.#lock?.isHeld === true) return true;
    try {
      this.#lock = takeLock(this.#files.folder, 0);
      this.#instance = randomBytes(12).toString('base64url');
      return true;
    } catch (error) {
      if (error instanceof WeirError && error.code === 'home_locked') return false;
      throw error;
    }
  }

  #next(): void {
    if (this.#isClosed) return;
    const { syncMs } = this.#state;
    const retryMs = FIRST_RETRY_MS * 2 ** Math.min(Math.max(0, this.#failures - 1), 8);
    const wait = this.#failures === 0 && this.#lock !== null ? syncMs : Math.min(syncMs, retryMs);
    const turn = () => void this.turn().then(() => this.#next());
    this.#timer = setTimeout(turn, wait * (1 + SPREAD * Math.random())).unref();
  }

  /** Whoever joined anew meanwhile is another. */
  #reread(): NodeIdentity {
    const present = this.#files.identity();
    if (present !== null && (present.cert !== this.#identity.cert || present.ca !== this.#identity.ca)) {
      this.#identity = present;
      this.#options.onIdentity?.(present);
    }
    return this.#identity;
  }

  #take(identity: NodeIdentity): void {
    this.#files.take(identity);
    const taken = this.#files.identity();
    if (taken === null) return;
    this.#identity = taken;
    this.#told.clear();
    this.#options.log(
      `weir: the certificate of node ${taken.name} is renewed until ${untilOf(taken.cert).toISOString()}`,
    );
    this.#options.onIdentity?.(taken);
  }

  #trust(before: NodeIdentity, ca: string): void {
    if (ca === before.ca) return;
    const identity = { ...before, ca };
    this.#identity = identity;
    const ids = (pems: string): readonly string[] => certificatesIn(pems).map((one) => shortId(certificateDigest(one)));
    const [old, now] = [ids(before.ca), ids(ca)];
    const { log, tell, onIdentity } = this.#options;
    const added = now.filter((id) => !old.includes(id)).map((id) => `it trusts ${id} now`);
    const gone = old.filter((id) => !now.includes(id)).map((id) => `it trusts ${id} no longer`);
    const text = `the authorities of this node's fleet have changed: ${[...added, ...gone, `${now[0]} issues`].join(', ')}`;
    log(`weir: ${text}`);
    tell(text, false);
    onIdentity?.(identity);
  }

  #answered(state: NodeState): void {
    const { log } = this.#options;
    if (this.#state.problem !== null) log(`weir: the centre ${this.#identity.address} answers again`);
    this.#failures = 0;
    this.#state = state;
    this.#said = '';
    if (state.duplicate !== null) this.#tell('duplicate', state.duplicate, true);
    else this.#told.delete('duplicate');
    if (Math.abs(state.skewMs) > NOTED_SKEW_MS) {
      const here = new Date(this.#options.now());
      const there = new Date(here.getTime() - state.skewMs);
      this.#tell(
        'clock',
        `it is ${here.toISOString()} at this node and ${there.toISOString()} at the centre of its fleet`,
        true,
      );
    } else this.#told.delete('clock');
  }

  #failed(error: unknown): void {
    this.#failures++;
    const { name, address } = this.#identity;
    const isRefused = error instanceof Refused && error.code !== 'failed' && error.code !== 'too_many';
    const why =
      error instanceof WeirError || error instanceof Refused
        ? error.message
        : error instanceof BadField
          ? `its answer cannot be read (${error.message})`
          : `an unexpected ${error instanceof Error ? error.name : 'error'}`;
    const clock = error instanceof Refused && isRefused ? ` (its clock says ${error.time})` : '';
    const problem = `the centre ${address} ${isRefused ? 'refuses' : 'does not answer'} node ${name}: ${why}${clock}`;
    this.#state = { ...this.#state, problem, isRefused };
    if (isRefused) this.#tell('refused', `${problem}; what this node has goes on`, true);
    else if (problem !== this.#said) this.#options.log(`weir: ${problem}; what this node has goes on`);
    this.#said = problem;
  }

  #tellExpiry(): void {
    const { isExpired, until, name } = this.standing;
    if (!isExpired) return;
    const now = new Date(this.#options.now()).toISOString();
    const text = `the certificate of node ${name} expired at ${until.toISOString()} (it is ${now} here): it goes on with what it has`;
    this.#tell('expired', `${text}; weir fleet token --node ${name} at the centre lets it join anew`, true);
  }

  /** Once, until it is over. */
  #tell(what: string, text: string, isGrave: boolean): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#options.log(`weir: ${text}`);
    this.#options.tell(text, isGrave);
  }
}

/** All that the centre is to know of a node before its next news. */
function toldText(paths: HomePaths, { cert, ca }: NodeIdentity): string {
  return `${allWriterIds(paths).join()}\n${cert}${ca}`;
}

/** How a node stands, as its files say. */
export function standingOf(identity: NodeIdentity, state: NodeState, nowMs: number): Standing {
  const until = untilOf(identity.cert);
  const { name, role } = identity;
  return { ...state, name, role, until, isExpired: until.getTime() <= nowMs };
}

/** In the last third of its life, or where another authority issues now. */
function isDue(cert: string, ca: string, nowMs: number): boolean {
  const certificate = new X509Certificate(cert);
  const { validFromDate, validToDate } = certificate;
  if (!isOfIssuer(certificate, ca)) return true;
  const left = validToDate.getTime() - nowMs;
  return left < (validToDate.getTime() - validFromDate.getTime()) * RENEW_IN_LAST;
}

function untilOf(cert: string): Date {
  return new X509Certificate(cert).validToDate;
}
