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
import { fingerprint } from '../store/keyed.ts';

/** Makes engines, one after the other. The scanner, which takes long to build, is taken over while it stays as it was. */
export class EngineMaker {
  readonly #keyed: Fingerprint;
  #scanner: Scanner | null = null;
  #madeFor = '';

  constructor(keyed: Fingerprint) {
    this.#keyed = keyed;
  }

  /** Throws WeirError `policy_invalid`. */
  make(config: Config, documents: readonly PolicyDocument[]): Engine {
    const policies = compilePolicies(documents, rolloutStand(this.#keyed));
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
      fingerprint: this.#keyed,
      onOpaque: config.proxy.onOpaque,
      maxDecodedBytes: config.proxy.limits.inspectBytes,
      undoBrotli,
    };
  }
}

/** The engine of a configuration, its policies read from their files. Throws WeirError `policy_invalid`. */
export function createEngine(config: Config, keyed: Fingerprint): Engine {
  return new EngineMaker(keyed).make(config, loadPolicies(config));
}

/**
 * The same in every process of a home, and for a source the same today and tomorrow: a wider rollout takes in all of a
 * narrower one.
 */
export function rolloutStand(keyed: Fingerprint): RolloutStand {
  return (policy, source) => {
    const digest = Buffer.from(keyed('ROLLOUT', `${policy}\n${source}`), 'base64url');
    return (digest.readUIntBE(0, 6) / 2 ** 48) * 100;
  };
}

export function fingerprinter(home: Home): Fingerprint {
  return (entity, value) => fingerprint(home.keys.fingerprint, entity, value, normalise);
}
