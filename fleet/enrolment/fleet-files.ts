/**
 * What the centre of a fleet keeps in its home, below `fleet/`: its authority, the keys of fingerprints, tokens, and a file for
 * each node. Commands and the listener work on the same files, each written whole, so that what one does the other sees at once.
 */
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WeirError } from '../../flow/errors.ts';
import type { Issuer } from '../../keys/certificate.ts';
import { makePrivateFolder, putOver, readIfThere } from '../../keys/private-files.ts';
import { readSecret, writeSecret } from '../../keys/seal.ts';
import { type FingerprintKey, fingerprintKeysText, parseFingerprintKeys } from '../../store/fingerprint-keys.ts';
import { BadField, Fields, WORDS } from './checked-fields.ts';
import { FleetAuthorities } from './fleet-authorities.ts';
import { NODE_NAME, ROLES, type Role, WRITER_ID } from './terms.ts';
import { TOKEN_ID } from './token-text.ts';

/** Where a proxy's authority for interception comes from: each its own, one for all, or one each below an offline root. */
export const INTERCEPTIONS = ['own', 'shared', 'intermediate'] as const;
export type Interception = (typeof INTERCEPTIONS)[number];

export interface FleetSettings {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** Where nodes reach the centre, `host:port`. */
  readonly address: string;
  /** How long a node's certificate is good for. */
  readonly lifeMs: number;
  /** How often nodes ask for news. */
  readonly syncMs: number;
  readonly interception: Interception;
}

/** What is kept of a token. */
export interface KeptToken {
  readonly id: string;
  readonly sha256: string;
  readonly role: Role;
  readonly label: string | null;
  /** The node that it is for: one that has joined before, and joins anew. Null for a new one. */
  readonly node: string | null;
  readonly created: string;
  readonly expires: string;
  readonly usesLeft: number;
  /** Digests of the keys that have joined by it: an answer that was lost is given again. */
  readonly joined: readonly string[];
}

export interface NodeCertificate {
  /** SHA-256 over its DER, hexadecimal. */
  readonly digest: string;
  readonly until: string;
  /** Whether the node has shown it yet; from then on those before it are no longer taken. */
  readonly isUsed: boolean;
  /** The digest of the authority that has signed it; null where the first of the fleet has, before there could be another. */
  readonly authority: string | null;
}

/** A certificate that was made for a server of the fleet. */
export interface ServerCertificate {
  readonly hosts: readonly string[];
  readonly until: string;
  readonly authority: string;
}

/** A running process of a node, told apart from the next by a random id. */
export interface NodeInstance {
  readonly id: string;
  readonly address: string;
  readonly lastSeen: string;
}

export interface FleetNode {
  readonly name: string;
  readonly role: Role;
  readonly label: string | null;
  readonly joined: string;
  /** Null while it is in the fleet. */
  readonly revoked: string | null;
  /** The last is the newest. */
  readonly certificates: readonly NodeCertificate[];
  /** Digests of those that are no longer taken, the last some. */
  readonly superseded: readonly string[];
  /** The last is the newest. */
  readonly instances: readonly NodeInstance[];
  /** Weir's version, as the node says. */
  readonly version: string | null;
  /** Digests of the authorities that it trusts, as it says; none where it has not said. */
  readonly trusts: readonly string[];
  /** Why two nodes seem to use this identity, and when that was last seen; null where nothing says so. */
  readonly duplicate: { readonly reason: string; readonly time: string } | null;
}

/** The secrets of one home of a node, and the writers of records that it has had. A node that joins anew has another. */
export interface NodeKeys {
  readonly chain: string;
  readonly excerpt: string;
  readonly writers: readonly string[];
}

const DIGEST = /^[0-9a-f]{64}$/;
const MOST_SERVERS = 10_000;

export class FleetFiles {
  readonly home: string;
  readonly folder: string;
  readonly authorities: FleetAuthorities;

  constructor(home: string) {
    this.home = home;
    this.folder = join(home, 'fleet');
    this.authorities = new FleetAuthorities(home, this.folder);
  }

  get isThere(): boolean {
    return existsSync(join(this.folder, 'fleet.json'));
  }

  /** Makes the fleet: its authority and the first key of fingerprints. Throws WeirError where there is one already. */
  create(settings: Omit<FleetSettings, 'id'>, now: Date): FleetSettings {
    if (this.isThere) throw unusable(`${this.folder} holds a fleet already`);
    for (const folder of [this.folder, this.#at('tokens'), this.#at('nodes'), this.#at('requests')]) {
      makePrivateFolder(folder);
    }
    const id = randomBytes(8).toString('hex');
    this.authorities.create(id, now);
    this.writeFingerprintKeys([{ epoch: 1, fromMs: now.getTime(), key: newSecret() }]);
    this.#putJson('revocations.json', { version: 0 });
    const made = { ...settings, id };
    // Last: with it the fleet is there.
    this.#putJson('fleet.json', made);
    return made;
  }

  settings(): FleetSettings {
    return this.#reading('fleet.json', (fields) => ({
      id: fields.text('id', /^[0-9a-f]{16}$/),
      address: fields.text('address', /^[\x21-\x7e]{3,300}$/),
      lifeMs: fields.number('lifeMs'),
      syncMs: fields.number('syncMs'),
      interception: fields.choice('interception', INTERCEPTIONS),
    }));
  }

  changeSettings(change: Partial<Omit<FleetSettings, 'id'>>): void {
    this.#putJson('fleet.json', { ...this.settings(), ...change });
  }

  /** The certificate of the authority that issues, PEM. */
  certificatePem(): string {
    return this.authorities.trust.issuer.pem;
  }

  /** Those of all authorities that the fleet trusts, PEM: what servers hold their clients against. */
  trustedPem(): string {
    return this.authorities.trust.all.map(({ pem }) => pem).join('');
  }

  /** What nodes are told to hold the centre against. */
  pin(): string {
    return this.authorities.trust.issuer.digest;
  }

  issuer(): Issuer {
    return this.authorities.issuerOf(this.authorities.trust.issuer);
  }

  fingerprintKeys(): readonly FingerprintKey[] {
    const text = readSecret(this.home, this.#at('fingerprint.key'))?.toString('utf8');
    const keys = text === undefined ? null : parseFingerprintKeys(text);
    if (keys === null) throw unusable(`${this.#at('fingerprint.key')} is missing or damaged: restore it`);
    return keys;
  }

  writeFingerprintKeys(keys: readonly FingerprintKey[]): void {
    writeSecret(this.home, this.#at('fingerprint.key'), fingerprintKeysText(keys));
  }

  /** The authority that all proxies share, PEM; null where there is none. */
  sharedAuthority(): { readonly certificate: string; readonly key: string } | null {
    const certificate = readIfThere(this.#at('interception.pem'));
    const key = readSecret(this.home, this.#at('interception.key'));
    return certificate === null || key === null ? null : { certificate, key: key.toString('utf8') };
  }

  writeSharedAuthority(certificate: string, key: string): void {
    writeSecret(this.home, this.#at('interception.key'), key);
    putOver(this.#at('interception.pem'), certificate, 0o644);
  }

  tokens(): readonly KeptToken[] {
    return this.#names('tokens', '.json', TOKEN_ID).flatMap((id) => this.token(id) ?? []);
  }

  /** Null where there is none of this id. */
  token(id: string): KeptToken | null {
    if (!TOKEN_ID.test(id)) return null;
    return this.#readingIfThere(join('tokens', `${id}.json`), (fields) => ({
      id,
      sha256: fields.text('sha256', DIGEST),
      role: fields.choice('role', ROLES),
      label: fields.textOrNull('label', WORDS),
      node: fields.textOrNull('node', NODE_NAME),
      created: new Date(fields.moment('created')).toISOString(),
      expires: new Date(fields.moment('expires')).toISOString(),
      usesLeft: fields.number('usesLeft'),
      joined: fields.texts('joined', DIGEST, 10_000),
    }));
  }

  putToken(token: KeptToken): void {
    this.#putJson(join('tokens', `${token.id}.json`), token);
  }

  removeToken(id: string): void {
    if (TOKEN_ID.test(id)) rmSync(this.#at('tokens', `${id}.json`), { force: true });
  }

  /** By name. */
  nodes(): readonly FleetNode[] {
    return this.#names('nodes', '.json', NODE_NAME).flatMap((name) => this.node(name) ?? []);
  }

  /** Null where there is none of this name, and for what is no name. */
  node(name: string): FleetNode | null {
    if (!NODE_NAME.test(name)) return null;
    const moment = (fields: Fields, field: string): string => new Date(fields.moment(field)).toISOString();
    return this.#readingIfThere(join('nodes', `${name}.json`), (fields) => {
      const duplicate = fields.objectOrNull('duplicate');
      return {
        name,
        role: fields.choice('role', ROLES),
        label: fields.textOrNull('label', WORDS),
        joined: moment(fields, 'joined'),
        revoked: fields.textOrNull('revoked', /^[\x21-\x7e]{10,40}$/),
        certificates: fields.list('certificates', 10).map((one) => ({
          digest: one.text('digest', DIGEST),
          until: moment(one, 'until'),
          isUsed: one.boolean('isUsed'),
          authority: one.textOrNull('authority', DIGEST),
        })),
        superseded: fields.texts('superseded', DIGEST, 100),
        instances: fields.list('instances', 100).map((one) => ({
          id: one.text('id', /^[\w-]{1,64}$/),
          address: one.text('address', WORDS),
          lastSeen: moment(one, 'lastSeen'),
        })),
        version: fields.textOrNull('version', WORDS),
        trusts: fields.has('trusts') ? fields.texts('trusts', DIGEST, 10) : [],
        duplicate:
          duplicate === null
            ? null
            : { reason: duplicate.text('reason', /^.{1,1000}$/su), time: moment(duplicate, 'time') },
      };
    });
  }

  putNode(node: FleetNode): void {
    this.#putJson(join('nodes', `${node.name}.json`), node);
  }

  /** The secrets of a node, those of its present home last. */
  nodeKeys(name: string): readonly NodeKeys[] {
    if (!NODE_NAME.test(name)) return [];
    const file = this.#at('nodes', `${name}.key`);
    const text = readSecret(this.home, file)?.toString('utf8');
    if (text === undefined) return [];
    return this.#checked(file, text, (fields) =>
      fields.list('homes', 1000).map((one) => ({
        chain: one.text('chain', /^[\w-]{43}$/),
        excerpt: one.text('excerpt', /^[\w-]{43}$/),
        writers: one.texts('writers', WRITER_ID, 10_000),
      })),
    );
  }

  putNodeKeys(name: string, homes: readonly NodeKeys[]): void {
    writeSecret(this.home, this.#at('nodes', `${name}.key`), JSON.stringify({ homes }));
  }

  /** A request of a node for a certificate of the authority that it intercepts with, DER; null where there is none. */
  request(name: string): Buffer | null {
    const text = NODE_NAME.test(name) ? readIfThere(this.#at('requests', `${name}.csr`)) : null;
    return text === null ? null : Buffer.from(text, 'base64url');
  }

  putRequest(name: string, der: Buffer): void {
    putOver(this.#at('requests', `${name}.csr`), der.toString('base64url'), 0o600);
  }

  /** What the root's owner has signed for a node: its certificate and the root's, PEM; null while there is none. */
  intermediate(name: string): string | null {
    return NODE_NAME.test(name) ? readIfThere(this.#at('requests', `${name}.pem`)) : null;
  }

  putIntermediate(name: string, pem: string): void {
    putOver(this.#at('requests', `${name}.pem`), pem, 0o600);
  }

  /** Those that have not expired, the newest of each server. */
  servers(now: Date): readonly ServerCertificate[] {
    const known = this.#readingIfThere('servers.json', (fields) =>
      fields.list('servers', MOST_SERVERS).map((one) => ({
        hosts: one.texts('hosts', /^[\w.:-]{1,253}$/, 100),
        until: new Date(one.moment('until')).toISOString(),
        authority: one.text('authority', DIGEST),
      })),
    );
    return (known ?? []).filter(({ until }) => Date.parse(until) > now.getTime());
  }

  /** Takes the place of one for the same hosts. */
  putServer(server: ServerCertificate, now: Date): void {
    const name = ({ hosts }: ServerCertificate): string => hosts.toSorted().join(' ');
    const others = this.servers(now).filter((one) => name(one) !== name(server));
    this.#putJson('servers.json', { servers: [...others, server].slice(-MOST_SERVERS) });
  }

  revocationVersion(): number {
    return this.#reading('revocations.json', (fields) => fields.number('version'));
  }

  raiseRevocationVersion(): void {
    this.#putJson('revocations.json', { version: this.revocationVersion() + 1 });
  }

  #at(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  #names(folder: string, suffix: string, pattern: RegExp): readonly string[] {
    if (!existsSync(this.#at(folder))) return [];
    return readdirSync(this.#at(folder))
      .filter((name) => name.endsWith(suffix))
      .map((name) => name.slice(0, -suffix.length))
      .filter((name) => pattern.test(name))
      .sort();
  }

  #putJson(name: string, value: object): void {
    putOver(this.#at(name), `${JSON.stringify(value)}\n`, 0o600);
  }

  #reading<T>(name: string, read: (fields: Fields) => T): T {
    const value = this.#readingIfThere(name, read);
    if (value !== null) return value;
    if (!this.isThere) throw unusable(`there is no fleet in ${this.home}: weir fleet init makes one`);
    throw unusable(`${this.#at(name)} is missing: restore it`);
  }

  #readingIfThere<T>(name: string, read: (fields: Fields) => T): T | null {
    const text = readIfThere(this.#at(name));
    return text === null ? null : this.#checked(this.#at(name), text, read);
  }

  #checked<T>(file: string, text: string, read: (fields: Fields) => T): T {
    try {
      return read(Fields.parse(text));
    } catch (error) {
      if (error instanceof BadField) throw unusable(`${file} is damaged (${error.message}): restore it`);
      throw error;
    }
  }
}

export function newSecret(): KeyObject {
  return createSecretKey(randomBytes(32));
}

function unusable(what: string): WeirError {
  return new WeirError('fleet_unusable', what);
}
