/** Recognizers and policies as the configuration names them, made into an engine; made again when they change. */
import { randomBytes } from 'node:crypto';
import type { Config } from '../config/config.ts';
import { loadPolicies } from '../config/policies.ts';
import type { PolicyDocument } from '../engine/decide/policy-file.ts';
import { compilePolicies, type RolloutStand } from '../engine/decide/policy-set.ts';
import type { Engine, Fingerprint } from '../engine/inspect.ts';
import { remembering } from '../engine/scan/memory.ts';
import { normalise } from '../engine/scan/normalise.ts';
import { createScanner, type Scanner } from '../engine/scan/scanner.ts';
import { KEPT } from '../flow/finding.ts';
import { undoBrotli } from '../proxy/undo-brotli.ts';
import type { Home } from '../store/home.ts';
import { fingerprintUnder } from '../store/keyed.ts';

/** Makes engines, one after the other. The scanner, which takes long to build, is taken over while it stays as it was. */
export class EngineMaker {
  readonly #keyed: Fingerprints;
  #scanner: Scanner | null = null;
  #madeFor = '';

  /** One function for all, or what rotates and what stays. */
  constructor(keyed: Fingerprint | Fingerprints) {
    this.#keyed = typeof keyed === 'function' ? { newest: keyed, standing: keyed, others: () => [] } : keyed;
  }

  /** Throws WeirError `policy_invalid`. */
  make(config: Config, documents: readonly PolicyDocument[]): Engine {
    const { newest, standing, others } = this.#keyed;
    const policies = compilePolicies(documents, rolloutStand(standing));
    const { model: _, ...detection } = config.detection;
    const madeFor = JSON.stringify([detection, policies.recognizers]);
    if (this.#scanner === null || madeFor !== this.#madeFor) {
      const scanner = createScanner({ custom: policies.recognizers, least: KEPT, ...detection });
      this.#scanner = remembering(scanner, { key: randomBytes(32) });
      this.#madeFor = madeFor;
    }
    return {
      scanner: this.#scanner,
      policies,
      fingerprint: newest,
      ...(policies.namesFingerprints ? { otherFingerprints: others } : {}),
      onOpaque: config.proxy.onOpaque,
      maxDecodedBytes: config.proxy.limits.inspectBytes,
      undoBrotli,
    };
  }
}

/** The engine of a configuration, its policies read from their files. Throws WeirError `policy_invalid`. */
export function createEngine(config: Config, keyed: Fingerprint | Fingerprints): Engine {
  return new EngineMaker(keyed).make(config, loadPolicies(config));
}

/**
 * The same in every process of a home, and for a source the same today and tomorrow: a wider rollout takes in all of a
 * narrower one.
 */
export function rolloutStand(keyed: Fingerprint): RolloutStand {
  return (policy, source) => {
    const [text = ''] = keyed('ROLLOUT', `${policy}\n${source}`).split('.').slice(-1); // without its epoch
    const digest = Buffer.from(text, 'base64url');
    return (digest.readUIntBE(0, 6) / 2 ** 48) * 100;
  };
}

/** A value's fingerprints under the keys of a home, whichever epoch it is. */
export interface Fingerprints {
  /** Under the key that makes new ones now. */
  readonly newest: Fingerprint;
  /** Under the one that stays: for digests that are compared over time, and are not looked up on record. */
  readonly standing: Fingerprint;
  /** Under all but the newest. */
  readonly others: (entity: string, value: string) => readonly string[];
}

export function fingerprinter({ fingerprintKeys }: Pick<Home, 'fingerprintKeys'>): Fingerprints {
  return {
    newest: (entity, value) => fingerprintUnder(fingerprintKeys.newest(), entity, value, normalise),
    standing: (entity, value) => fingerprintUnder(fingerprintKeys.standing(), entity, value, normalise),
    others: (entity, value) => {
      const { epoch } = fingerprintKeys.newest();
      const older = fingerprintKeys.all().filter((one) => one.epoch !== epoch);
      return older.map((key) => fingerprintUnder(key, entity, value, normalise));
    },
  };
}
