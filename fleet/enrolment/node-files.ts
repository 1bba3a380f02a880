/**
 * What a node keeps of its fleet, below `member/` in home: who it is, its key and certificate, the fleet's certificate, the list of
 * those that were taken out, and how its last question to the centre went. Nothing in it is another node's.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import { makePrivateFolder, putOver, readIfThere } from '../../keys/private-files.ts';
import { readSecret, writeSecret } from '../../keys/seal.ts';
import { BadField, Fields, WORDS } from './checked-fields.ts';
import { openRevocations, type Revocations, type SignedRevocations } from './revocations.ts';
import { NODE_NAME, ROLES, type Role } from './terms.ts';
import { isSignedByOne, type SignedTrust, signedTrustIn } from './trust.ts';

export interface NodeIdentity {
  readonly name: string;
  readonly role: Role;
  readonly label: string | null;
  /** `host:port` of the centre. */
  readonly address: string;
  /** PEM, all three: the node's own certificate and key, and the fleet's authorities, the one that issues first. */
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** How the node stands with its centre, as of its last question. */
export interface NodeState {
  /** RFC 3339; null where it was never answered. */
  readonly lastSync: string | null;
  /** Why the last question was not answered; null where it was. */
  readonly problem: string | null;
  /** Whether the centre said so, and asking again changes nothing. */
  readonly isRefused: boolean;
  /** How far this clock is ahead of the centre's, ms. */
  readonly skewMs: number;
  /** Why the centre takes the identity for one that two nodes use; null where it does not. */
  readonly duplicate: string | null;
  readonly syncMs: number;
}

export const NEVER_ASKED: NodeState = {
  ...{ lastSync: null, problem: null, isRefused: false, skewMs: 0, duplicate: null },
  syncMs: 300_000,
};

export class NodeFiles {
  readonly home: string;
  readonly folder: string;

  constructor(home: string) {
    this.home = home;
    this.folder = join(home, 'member');
  }

  get hasJoined(): boolean {
    return existsSync(this.#at('node.json'));
  }

  /** Null where this home has not joined a fleet. Throws WeirError `fleet_unusable`, `seal_unusable`. */
  identity(): NodeIdentity | null {
    const text = readIfThere(this.#at('node.json'));
    if (text === null) return null;
    const cert = readIfThere(this.#at('node.pem'));
    const keys = ['node.key', 'pending.key'].flatMap((name) => {
      const kept = readSecret(this.home, this.#at(name))?.toString('utf8');
      return kept === undefined ? [] : [kept];
    });
    const ca = readIfThere(this.#at('fleet.pem'));
    if (cert === null || keys.length === 0 || ca === null) {
      throw damaged(`${this.folder} lacks its certificate or key: restore it, or join again`);
    }
    try {
      const fields = Fields.parse(text);
      const certificate = new X509Certificate(cert);
      // A stop while a certificate was taken up leaves its key as the one that was asked with.
      const key = keys.find((one) => certificate.checkPrivateKey(createPrivateKey(one)));
      if (key === undefined) {
        throw damaged(`${this.#at('node.key')} is not the key of the certificate beside it: restore it, or join again`);
      }
      return {
        name: fields.text('name', NODE_NAME),
        role: fields.choice('role', ROLES),
        label: fields.textOrNull('label', WORDS),
        address: fields.text('address', /^[\x21-\x7e]{3,300}$/),
        ...{ cert, key, ca },
      };
    } catch (error) {
      if (error instanceof WeirError) throw error;
      throw damaged(`${this.folder} is damaged: restore it, or join again`);
    }
  }

  /** A key that a certificate is asked for with: the same until one has come, so that an answer that was lost is given again. */
  nextKey(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
    makePrivateFolder(this.folder);
    const file = this.#at('pending.key');
    const kept = readSecret(this.home, file);
    const privateKey = kept === null ? newKey() : createPrivateKey(kept.toString('utf8'));
    if (kept === null) writeSecret(this.home, file, pemOfKey(privateKey));
    return { privateKey, publicKey: createPublicKey(privateKey) };
  }

  /** Takes up a certificate for the key that was asked with. Throws WeirError for one that is not. */
  take(identity: Omit<NodeIdentity, 'key'>): void {
    const { cert, ca, name, role, label, address } = identity;
    const { privateKey } = this.nextKey();
    const certificate = new X509Certificate(cert);
    if (!certificate.checkPrivateKey(privateKey) || !isSignedByOne(certificate, ca)) {
      throw new WeirError('centre_untrusted', `${address} has sent a certificate that is not for this node's key`);
    }
    // The certificate first: until its key has its place it is found as the one that was asked with.
    putOver(this.#at('node.pem'), cert, 0o600);
    writeSecret(this.home, this.#at('node.key'), pemOfKey(privateKey));
    putOver(this.#at('fleet.pem'), ca, 0o644);
    putOver(this.#at('node.json'), `${JSON.stringify({ name, role, label, address })}\n`, 0o600);
    rmSync(this.#at('pending.key'), { force: true });
  }

  state(): NodeState {
    const text = readIfThere(this.#at('state.json'));
    if (text === null) return NEVER_ASKED;
    try {
      const fields = Fields.parse(text);
      const [lastSync, words] = [fields.textOrNull('lastSync', /^[\x21-\x7e]{10,40}$/), /^[^\0]{0,2000}$/u];
      return {
        lastSync,
        problem: fields.textOrNull('problem', words),
        isRefused: fields.boolean('isRefused'),
        skewMs: fields.number('skewMs'),
        duplicate: fields.textOrNull('duplicate', words),
        syncMs: fields.number('syncMs'),
      };
    } catch (error) {
      if (error instanceof BadField) return NEVER_ASKED; // it is written again at the next question
      throw error;
    }
  }

  putState(state: NodeState): void {
    makePrivateFolder(this.folder);
    putOver(this.#at('state.json'), `${JSON.stringify(state)}\n`, 0o600);
  }

  /** The statement by which the authorities in `ca` are trusted; null where the node trusts the one that it joined under. */
  trust(): SignedTrust | null {
    const text = readIfThere(this.#at('authorities.json'));
    if (text === null) return null;
    try {
      return signedTrustIn(Fields.parse(text));
    } catch (error) {
      if (error instanceof BadField) return null; // it comes again with the next news
      throw error;
    }
  }

  /** What is trusted from now on, PEM, and why; null where nobody has said so yet. */
  putTrust(ca: string, signed: SignedTrust | null): void {
    putOver(this.#at('fleet.pem'), ca, 0o644);
    if (signed === null) rmSync(this.#at('authorities.json'), { force: true });
    else putOver(this.#at('authorities.json'), `${JSON.stringify(signed)}\n`, 0o600);
  }

  /** The list of those that were taken out; null where none was kept. */
  revocations(fleetKeys: readonly KeyObject[]): Revocations | null {
    const signed = this.signedRevocations();
    return signed === null ? null : openRevocations(signed, fleetKeys);
  }

  signedRevocations(): SignedRevocations | null {
    const text = readIfThere(this.#at('revoked.json'));
    if (text === null) return null;
    try {
      const fields = Fields.parse(text);
      return { text: fields.text('text', /^[^\0]*$/u), signature: fields.text('signature', /^[\w-]+$/) };
    } catch (error) {
      if (error instanceof BadField) return null;
      throw error;
    }
  }

  putRevocations(signed: SignedRevocations): void {
    putOver(this.#at('revoked.json'), `${JSON.stringify(signed)}\n`, 0o600);
  }

  #at(name: string): string {
    return join(this.folder, name);
  }
}

function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
}

function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function damaged(what: string): WeirError {
  return new WeirError('fleet_unusable', what);
}
