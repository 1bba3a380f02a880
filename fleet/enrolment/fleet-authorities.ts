/**
 * The fleet's own authorities at the centre: the one that issues, and beside it the next one or the one before. Which is which
 * stands in one file that is written whole, so that each step of a rotation has happened or has not. None happens by itself.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import { type Issuer, issuerOf, pemOf, signAuthority } from '../../keys/certificate.ts';
import { putOver, readIfThere } from '../../keys/private-files.ts';
import { readSecret, writeSecret } from '../../keys/seal.ts';
import { BadField, Fields } from './checked-fields.ts';
import { certificateDigest, type SignedTrust, shortId, signTrust } from './trust.ts';

export interface FleetAuthority {
  /** What its files are called, without their endings. */
  readonly stem: string;
  readonly digest: string;
  readonly pem: string;
  readonly certificate: X509Certificate;
}

export interface FleetTrust {
  readonly version: number;
  readonly issuer: FleetAuthority;
  /** The one that will issue; null where none was made. */
  readonly next: FleetAuthority | null;
  /** The one that has issued and is trusted still; null where there is none. */
  readonly before: FleetAuthority | null;
  /** The issuer first. */
  readonly all: readonly FleetAuthority[];
  /** RFC 3339: when the last step was taken; null where the first authority is the only one that there ever was. */
  readonly changed: string | null;
}

const YEAR_MS = 31_557_600_000;
const LIFE_MS = 10 * YEAR_MS;
const BACKDATE_MS = 3_600_000;
const STATE = 'authorities.json';
const STEM = /^ca(?:-[0-9a-f]{16})?$/;
const FIRST = 'ca';

interface State {
  readonly version: number;
  readonly issuer: string;
  readonly next: string | null;
  readonly before: string | null;
  readonly changed: string | null;
}

export class FleetAuthorities {
  readonly #home: string;
  readonly #folder: string;

  constructor(home: string, folder: string) {
    this.#home = home;
    this.#folder = folder;
  }

  /** The first one of a fleet. */
  create(fleet: string, now: Date): void {
    this.#make(fleet, now, FIRST);
  }

  /** Throws WeirError `fleet_unusable` where a file is missing or damaged. */
  get trust(): FleetTrust {
    const { version, changed, ...stems } = this.#state();
    const issuer = this.#authority(stems.issuer);
    const next = stems.next === null ? null : this.#authority(stems.next);
    const before = stems.before === null ? null : this.#authority(stems.before);
    const all = [issuer, next, before].filter((one) => one !== null);
    return { version, issuer, next, before, all, changed };
  }

  /** The number of the last step alone, which is cheap to ask for. */
  get version(): number {
    return this.#state().version;
  }

  /** What is told to nodes, signed by all that the fleet trusts. */
  signed(fleet: string): SignedTrust {
    const { version, all } = this.trust;
    const told = { fleet, version, authorities: all.map(({ pem }) => pem) };
    return signTrust(
      told,
      all.map(({ stem }) => this.#key(stem)),
    );
  }

  /** What signs certificates under this authority. */
  issuerOf({ stem, certificate }: FleetAuthority): Issuer {
    const key = this.#key(stem);
    if (!certificate.checkPrivateKey(key)) {
      throw unusable(`${this.#at(`${stem}.key`)} is not the key of the certificate beside it`);
    }
    return issuerOf(certificate.raw, createPublicKey(key), key);
  }

  /** Makes the next one, which is trusted from then on and signs no certificate yet. Null where a rotation is under way. */
  begin(fleet: string, now: Date): FleetAuthority | null {
    const state = this.#state();
    if (state.next !== null || state.before !== null) return null;
    const next = this.#make(fleet, now);
    this.#put({ ...state, next }, now);
    return this.#authority(next);
  }

  /** Takes back the next one, which has signed nothing. False where there is none. */
  cancel(now: Date): boolean {
    const state = this.#state();
    if (state.next === null) return false;
    this.#put({ ...state, next: null }, now);
    this.#removeOthers();
    return true;
  }

  /** Lets the next one issue; the one before stays trusted. False where there is no next one. */
  switchToNext(now: Date): boolean {
    const state = this.#state();
    if (state.next === null) return false;
    this.#put({ ...state, issuer: state.next, next: null, before: state.issuer }, now);
    return true;
  }

  /** Ends trust in the one before, and takes away its key. False where there is none. */
  dropOld(now: Date): boolean {
    const state = this.#state();
    if (state.before === null) return false;
    this.#put({ ...state, before: null }, now);
    this.#removeOthers();
    return true;
  }

  /** Another one in place of all that there are, from now on: whoever trusts those has to join again. */
  replace(fleet: string, now: Date): void {
    const state = this.#state();
    this.#put({ ...state, issuer: this.#make(fleet, now), next: null, before: null }, now);
    this.#removeOthers();
  }

  /** The pair of files; the stem of their names. It is trusted by nobody before the state names it. */
  #make(fleet: string, now: Date, as?: string): string {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const notBefore = new Date(now.getTime() - BACKDATE_MS);
    const validity = { notBefore, notAfter: new Date(notBefore.getTime() + LIFE_MS) };
    // A name of its own for each: by the name a certificate's issuer is found.
    const serial = as === undefined ? ` ${now.toISOString().slice(0, 19)}Z` : '';
    const pem = pemOf(signAuthority(`Weir fleet ${fleet}${serial}`, publicKey, privateKey, validity));
    const stem = as ?? `ca-${shortId(certificateDigest(new X509Certificate(pem)))}`;
    const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    writeSecret(this.#home, this.#at(`${stem}.key`), keyPem);
    putOver(this.#at(`${stem}.pem`), pem, 0o644);
    return stem;
  }

  #authority(stem: string): FleetAuthority {
    const file = this.#at(`${stem}.pem`);
    const pem = readIfThere(file);
    if (pem === null) throw unusable(`${file} is missing: restore it`);
    try {
      const certificate = new X509Certificate(pem);
      return { stem, digest: certificateDigest(certificate), pem, certificate };
    } catch {
      throw unusable(`${file} is damaged: restore it`);
    }
  }

  #key(stem: string): KeyObject {
    const file = this.#at(`${stem}.key`);
    const pem = readSecret(this.#home, file)?.toString('utf8');
    if (pem === undefined) throw unusable(`${file} is missing: restore it`);
    return createPrivateKey(pem);
  }

  #state(): State {
    const text = readIfThere(this.#at(STATE));
    if (text === null) return { version: 0, issuer: FIRST, next: null, before: null, changed: null };
    try {
      const fields = Fields.parse(text);
      return {
        version: fields.number('version'),
        issuer: fields.text('issuer', STEM),
        next: fields.textOrNull('next', STEM),
        before: fields.textOrNull('before', STEM),
        changed: new Date(fields.moment('changed')).toISOString(),
      };
    } catch (error) {
      if (error instanceof BadField) throw unusable(`${this.#at(STATE)} is damaged (${error.message}): restore it`);
      throw error;
    }
  }

  /** From here on the step has happened. */
  #put(state: State, now: Date): void {
    const next = { ...state, version: state.version + 1, changed: now.toISOString() };
    putOver(this.#at(STATE), `${JSON.stringify(next)}\n`, 0o600);
  }

  /** Files of those that are trusted no longer, and what a step that was cut off has left. */
  #removeOthers(): void {
    const { issuer, next, before } = this.#state();
    const kept = new Set(
      [issuer, next, before].flatMap((stem) => (stem === null ? [] : [`${stem}.key`, `${stem}.pem`])),
    );
    for (const name of readdirSync(this.#folder)) {
      if (/^ca(?:-[0-9a-f]{16})?\.(?:key|pem)$/.test(name) && !kept.has(name)) rmSync(this.#at(name), { force: true });
    }
  }

  #at(name: string): string {
    return join(this.#folder, name);
  }
}

function unusable(what: string): WeirError {
  return new WeirError('fleet_unusable', what);
}
