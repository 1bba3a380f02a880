/**
 * Keeps a node on the policies that its fleet publishes: looks for a bundle each so often, judges it, and keeps the last
 * good one in home, from where it is loaded as any policy is. Where the place cannot be reached, or what it has is
 * refused, what runs goes on.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { BundleConfig } from '../../config/config.ts';
import { bundleFileOf } from '../../config/policies.ts';
import { problemText } from '../../engine/decide/checked-yaml.ts';
import { bundleText, judgeBundle, readBundle, type SignedBundle, signerOf } from '../../engine/decide/policy-bundle.ts';
import { checkPolicies } from '../../engine/decide/policy-check.ts';
import { type PolicyDocument, parsePolicies } from '../../engine/decide/policy-file.ts';
import type { NodeReport } from '../../flow/node-report.ts';
import type { Fetched } from './fetch-bundle.ts';

export interface FollowerOptions {
  readonly config: BundleConfig;
  readonly home: string;
  /** This node's, always the same. */
  readonly nodeId: string;
  /** Version of Weir. */
  readonly engine: string;
  readonly now: () => Date;
  /** Hears what belongs into the records, a sentence without values: what was taken up or refused, once each. */
  readonly onTold: (text: string) => void;
  /** A bundle was taken up: policies have to be read again. */
  readonly onTaken: () => void;
  readonly log: (line: string) => void;
  /** Gets it. */
  readonly fetch: (tag: string | null) => Promise<Fetched>;
  /** It stands otherwise than before. */
  readonly onStanding?: () => void;
}

/** How a node stands to the bundles of its fleet. */
export type BundleStanding = Pick<NodeReport, 'bundle' | 'refused' | 'held'>;

export class BundleFollower {
  readonly #options: FollowerOptions;
  readonly #keys: readonly KeyObject[];
  readonly #file: string;
  #running: SignedBundle | null;
  #since: Date;
  #refused: NodeReport['refused'] = null;
  #held: string | null = null;
  #looking: Promise<void> = Promise.resolve();
  /** The last that was got, to be judged again when its time may have come. */
  #candidate: SignedBundle | null = null;
  #tag: string | null = null;
  #lastTold = '';
  #lastSaid = '';
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  /** What home keeps is dropped where none of the keys has signed it: a key that was taken away takes its bundle along. */
  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#keys = options.config.keys.map((key) => createPublicKey(key));
    this.#file = bundleFileOf(options.home);
    this.#since = options.now();
    this.#running = this.#kept();
  }

  get standing(): BundleStanding {
    const { running } = this;
    const bundle =
      running === null ? null : { name: running.name, version: running.version, since: this.#since.toISOString() };
    return { bundle, refused: this.#refused, held: this.#held };
  }

  /** Name and version of what runs; null until one was taken up. */
  get running(): { readonly name: string; readonly version: number } | null {
    return this.#running?.bundle ?? null;
  }

  /** Looks once, then again each so often. */
  async start(): Promise<void> {
    await this.look();
    this.#next();
  }

  /** Looks for a bundle and takes it up where it is to be; one look after the other. Never rejects. */
  look(): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    const fetched = await this.#options.fetch(this.#tag);
    if (this.#isClosed) return;
    if (fetched.kind === 'refused') return this.#refuse(fetched.about, fetched.reason);
    if (fetched.kind === 'failed') return this.#say(`${fetched.reason}; ${this.#goesOn()}`);
    if (fetched.kind === 'fetched') {
      const read = readBundle(fetched.bytes);
      // Its tag is not kept: a file that was just being written is read again.
      if (read.kind === 'refused') return this.#refuse(null, read.reason);
      this.#tag = fetched.tag;
      this.#candidate = read.signed;
    }
    if (this.#candidate !== null) this.#judge(this.#candidate);
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #next(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.look().then(() => this.#next()), this.#options.config.every).unref();
  }

  #judge(signed: SignedBundle): void {
    const { nodeId, engine, config, now } = this.#options;
    const running = this.running;
    const node = { id: nodeId, labels: config.labels, engine, keys: this.#keys, now: now(), running };
    const verdict = judgeBundle(signed, node);
    const { name, version } = signed.bundle;
    switch (verdict.kind) {
      case 'take':
        return this.#take(signed, verdict.signer);
      case 'refuse':
        return this.#refuse({ name, version }, verdict.reason);
      case 'wait':
        return this.#hold({ name, version }, `its time comes at ${verdict.until.toISOString()}`);
      case 'keep':
        if (verdict.reason !== 'it runs') return this.#hold({ name, version }, verdict.reason);
        // What was refused or held before is no longer what is offered.
        return this.#stand(null, null);
    }
  }

  #take(signed: SignedBundle, signer: string): void {
    const { name, version } = signed.bundle;
    const problem = problemOf(signed);
    if (problem !== null) return this.#refuse({ name, version }, problem);
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      const draft = `${this.#file}.draft`;
      rmSync(draft, { force: true });
      writeFileSync(draft, bundleText(signed), { mode: 0o600, flag: 'wx', flush: true });
      renameSync(draft, this.#file);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
      return this.#say(`bundle ${name} ${version} cannot be kept in home (${code}); ${this.#goesOn()}`);
    }
    this.#running = signed;
    this.#since = this.#options.now();
    this.#refused = null;
    this.#held = null;
    this.#options.onStanding?.();
    this.#tell(`bundle ${name} ${version}, signed by ${signer}, is taken up`);
    this.#options.onTaken();
  }

  #refuse(about: { readonly name: string; readonly version: number } | null, reason: string): void {
    const what = about === null ? 'the bundle' : `bundle ${about.name} ${about.version}`;
    this.#tell(`${what} is refused: ${reason}; ${this.#goesOn()}`);
    const refused = { name: about?.name ?? null, version: about?.version ?? null, reason };
    const { since = this.#options.now().toISOString(), ...before } = this.#refused ?? {};
    const isSame = isDeepStrictEqual(before, refused);
    this.#stand({ ...refused, since: isSame ? since : this.#options.now().toISOString() }, null);
  }

  #hold({ name, version }: { readonly name: string; readonly version: number }, reason: string): void {
    this.#say(`bundle ${name} ${version}: ${reason}; ${this.#goesOn()}`);
    this.#stand(null, `${name} ${version}: ${reason}`);
  }

  #stand(refused: NodeReport['refused'], held: string | null): void {
    const isSame = isDeepStrictEqual([refused, held], [this.#refused, this.#held]);
    this.#refused = refused;
    this.#held = held;
    if (!isSame) this.#options.onStanding?.();
  }

  #kept(): SignedBundle | null {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.#file);
    } catch {
      return null; // None was taken up yet.
    }
    const read = readBundle(bytes);
    if (read.kind === 'read' && signerOf(read.signed, this.#keys) !== null) {
      this.#since = statSync(this.#file).mtime;
      return read.signed;
    }
    rmSync(this.#file, { force: true });
    this.#tell('the bundle in home is dropped: none of bundle.keys has signed it');
    return null;
  }

  #goesOn(): string {
    const { running } = this;
    if (running !== null) return `${running.name} ${running.version} goes on`;
    return 'the policies that the configuration names, else the shipped ones, guard until one comes';
  }

  /** For the records and the operator, once. */
  #tell(text: string): void {
    if (text === this.#lastTold) return;
    this.#lastTold = text;
    this.#options.onTold(text);
    this.#say(text);
  }

  /** For the operator alone; the same is not said again. */
  #say(text: string): void {
    if (text === this.#lastSaid) return;
    this.#lastSaid = text;
    this.#options.log(`weir: ${text}`);
  }
}

/** What is wrong with its policies, the first of it; null where they are sound. */
function problemOf({ bundle }: SignedBundle): string | null {
  const documents: PolicyDocument[] = [];
  for (const { path, text } of bundle.files) {
    const read = parsePolicies(path, text);
    const [problem] = read.problems;
    if (problem !== undefined) return problemText(problem);
    documents.push(...read.documents);
  }
  const [problem] = checkPolicies(documents);
  return problem === undefined ? null : problemText(problem);
}
