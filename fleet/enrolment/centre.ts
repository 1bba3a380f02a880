/**
 * What the centre of a fleet answers: who may join, what a node is handed, who is still in. It decides on values and files and
 * opens no socket; the listener says who asks and from where. A node is never handed another node's secrets unless its role
 * is to read records, and what a request for a certificate asks for beside its key is not looked at.
 */
import { createHash, type KeyObject, sign, timingSafeEqual, X509Certificate } from 'node:crypto';
import { pemOf, signClient, signServer } from '../../keys/certificate.ts';
import { keyOfRequest } from '../../keys/request.ts';
import { fingerprintKeysText } from '../../store/fingerprint-keys.ts';
import { type Fields, WORDS } from './checked-fields.ts';
import type { FleetAuthority } from './fleet-authorities.ts';
import type { FleetFiles, FleetNode, FleetSettings, KeptToken, NodeCertificate } from './fleet-files.ts';
import { signRevocations } from './revocations.ts';
import { busUserOf, CENTRE_NAME, MOST_SKEW_MS, NODE_NAME, Refusal, WRITER_ID } from './terms.ts';
import { PIN, SECRET, secretDigest, TOKEN_ID } from './token-text.ts';
import { certificateDigest } from './trust.ts';

export interface CentreOptions {
  readonly files: FleetFiles;
  readonly now: () => number;
  /** Hears what belongs into the records: a sentence without secrets. `isGrave`: somebody should look. */
  readonly tell: (text: string, isGrave: boolean) => void;
}

/** Who asks, as the connection says. */
export interface Asker {
  readonly address: string;
  /** DER of the certificate that was shown; null without one. */
  readonly certificate: Buffer | null;
  /** Why TLS does not take it for one of this fleet's, by OpenSSL's name; null where it does. */
  readonly problem: string | null;
}

const BACKDATE_MS = 3_600_000;
/** The centre's own certificate, made anew at each start and while it runs. */
export const SERVER_LIFE_MS = 14 * 86_400_000;
const KEPT_INSTANCES = 8;
const KEPT_SUPERSEDED = 20;
const MAX_WRITERS = 1000;
/** Two processes that were seen in turn within this are two. */
const DUPLICATE_FORGOTTEN_MS = 86_400_000;
const KEY_BYTES = { min: 32, max: 32 };
const REQUEST_BYTES = { min: 64, max: 4096 };
const INSTANCE = /^[\w-]{8,64}$/;

export class Centre {
  readonly #files: FleetFiles;
  readonly #now: () => number;
  readonly #tell: CentreOptions['tell'];

  constructor({ files, now, tell }: CentreOptions) {
    this.#files = files;
    this.#now = now;
    this.#tell = tell;
  }

  /** What anybody may know: whoever has a token holds the certificates against its pin. */
  about(): object {
    const authorities = this.authorities.map(({ pem }) => pem);
    return { fleet: this.#files.settings().id, ca: authorities[0], authorities, time: this.#time() };
  }

  /** All that the fleet trusts, the oldest first: that one is known to whoever has not heard of another. */
  get authorities(): readonly FleetAuthority[] {
    const { issuer, next, before } = this.#files.authorities.trust;
    return [before, issuer, next].filter((one) => one !== null);
  }

  /** Another number stands for other authorities. */
  get authoritiesVersion(): number {
    return this.#files.authorities.version;
  }

  /** A certificate for the centre's own listener under one of the fleet's authorities, PEM, with that one's behind it. */
  serverCertificate(publicKey: KeyObject, authority: FleetAuthority): string {
    const validity = this.#validity(authority, SERVER_LIFE_MS);
    const issuer = this.#files.authorities.issuerOf(authority);
    return pemOf(signServer([CENTRE_NAME], publicKey, issuer, validity)) + authority.pem;
  }

  /** Takes a node in. Throws Refusal, BadField. */
  join(body: Fields, asker: Asker): object {
    const token = this.#tokenOf(body);
    const name = body.text('name', NODE_NAME);
    const key = requestedKey(body);
    this.#requireClock(body);
    const keyDigest = digestOf(key);
    const homes = this.#files.nodeKeys(name);
    const chain = body.bytes('chainKey', KEY_BYTES).toString('base64url');
    const excerpt = body.bytes('excerptKey', KEY_BYTES).toString('base64url');
    const writers = body.texts('writers', WRITER_ID, MAX_WRITERS);
    const present = this.#files.node(name);
    // The answer was lost on its way: the same key asks again by the same token.
    const isAgain = token.joined.includes(keyDigest) && present !== null && present.revoked === null;
    if (!isAgain) {
      if (token.usesLeft <= 0)
        throw new Refusal('token_used', 'this token has been used; weir fleet token makes another');
      if (token.node !== null && token.node !== name) {
        throw new Refusal('name_taken', `this token is for the node ${token.node}: weir join --name ${token.node}`);
      }
      if (token.node === null && present !== null) {
        const how = `give this one another name (--name), or let it take that one's place: weir fleet token --node ${name}`;
        throw new Refusal('name_taken', `a node called ${name} has joined before: ${how}`);
      }
      this.#requireOwnHome(name, chain, writers);
      this.#files.putToken({ ...token, usesLeft: token.usesLeft - 1, joined: [...token.joined, keyDigest] });
    }
    const settings = this.#files.settings();
    const { pem, kept } = this.#clientCertificate(name, token.role, key, settings);
    const { label } = token;
    const node: FleetNode = {
      ...{ name, role: token.role, label, joined: present?.joined ?? this.#time(), revoked: null },
      certificates: [kept],
      superseded: [...(present?.superseded ?? []), ...(present?.certificates ?? []).map((one) => one.digest)].slice(
        -KEPT_SUPERSEDED,
      ),
      ...{ instances: [], version: body.textOrNull('version', WORDS), trusts: [], duplicate: null },
    };
    const others = homes.filter((one) => one.chain !== chain);
    this.#files.putNodeKeys(name, [...others, { chain, excerpt, writers }]);
    this.#files.putNode(node);
    if (present?.revoked != null) this.#files.raiseRevocationVersion();
    const again = present === null ? '' : ', in the place of one that had joined before';
    if (!isAgain) this.#tell(`node ${name} joined the fleet as ${token.role} from ${asker.address}${again}`, false);
    return { name, role: token.role, label, certificate: pem, ca: this.#files.certificatePem(), ...this.#news(node) };
  }

  /** What is new for a node; a certificate where it asks for one. Throws Refusal, BadField. */
  sync(body: Fields, asker: Asker): object {
    const { node, digest } = this.#nodeOf(asker);
    // A command that asks once is no process that runs beside another.
    const instance = body.textOrNull('instance', INSTANCE);
    const writers = body.texts('writers', WRITER_ID, MAX_WRITERS);
    const request = body.textOrNull('request', /^[\w-]{64,8192}$/);
    let next = this.#used(node, digest);
    if (instance !== null) next = this.#seen(next, instance, asker.address);
    // An earlier version of Weir says nothing of whom it trusts.
    const trusts = body.has('trusts') ? body.texts('trusts', PIN, 10) : [];
    next = { ...next, version: body.textOrNull('version', WORDS), trusts };
    next = this.#withWriters(next, writers);
    let certificate: string | null = null;
    if (request !== null) {
      const key = requestedKey(body);
      const made = this.#clientCertificate(node.name, node.role, key, this.#files.settings());
      certificate = made.pem;
      // The one that was shown goes on until the new one is: its answer may be lost.
      const shown = next.certificates.filter((one) => one.digest === digest);
      next = { ...next, certificates: [...shown, made.kept] };
    }
    const authority = body.bytesOrNull('authorityRequest', REQUEST_BYTES);
    if (authority !== null && keyOfRequest(authority) !== null) this.#files.putRequest(node.name, authority);
    this.#files.putNode(next);
    if (next.duplicate !== null && node.duplicate === null) this.#tell(next.duplicate.reason, true);
    return { certificate, ca: this.#files.certificatePem(), ...this.#news(next) };
  }

  #tokenOf(body: Fields): KeptToken {
    const token = this.#files.token(body.text('tokenId', TOKEN_ID));
    const given = Buffer.from(secretDigest(body.text('secret', SECRET)), 'hex');
    // A token that is not there takes as long as one whose secret is another.
    const isRight = timingSafeEqual(given, Buffer.from(token?.sha256 ?? '0'.repeat(64), 'hex'));
    if (token === null || !isRight) throw new Refusal('token_wrong', 'this token is not known here, or was taken back');
    if (Date.parse(token.expires) <= this.#now()) {
      const expired = `this token expired at ${token.expires}, and it is ${this.#time()} at the centre`;
      throw new Refusal('token_expired', `${expired}; weir fleet token makes another`);
    }
    return token;
  }

  #requireClock(body: Fields): void {
    const theirs = body.moment('time');
    if (Math.abs(theirs - this.#now()) <= MOST_SKEW_MS) return;
    const clocks = `it is ${new Date(theirs).toISOString()} at this node and ${this.#time()} at the centre`;
    throw new Refusal('clock_off', `${clocks}: set the clock that is wrong, then join`);
  }

  /** A home that was copied would write records as another node. */
  #requireOwnHome(name: string, chain: string, writers: readonly string[]): void {
    for (const other of this.#files.nodes()) {
      if (other.name === name) continue;
      const homes = this.#files.nodeKeys(other.name);
      if (!homes.some((one) => one.chain === chain || one.writers.some((writer) => writers.includes(writer)))) continue;
      this.#tell(`a copy of the home of node ${other.name} asked to join as ${name}, and was refused`, true);
      const how = 'give it a home of its own (WEIR_HOME), or remove its keys and database';
      throw new Refusal('home_copied', `this home is a copy of that of node ${other.name}: ${how}`);
    }
  }

  /** The node that a certificate is, if it is in the fleet. */
  #nodeOf({ certificate, problem, address }: Asker): { readonly node: FleetNode; readonly digest: string } {
    if (certificate === null) throw new Refusal('certificate_missing', 'a certificate of this fleet has to be shown');
    const shown = new X509Certificate(certificate);
    if (problem === 'CERT_HAS_EXPIRED' || problem === 'CERT_NOT_YET_VALID') {
      const span = `this certificate is good from ${shown.validFromDate.toISOString()} to ${shown.validToDate.toISOString()}`;
      const text = `${span}, and it is ${this.#time()} at the centre`;
      throw new Refusal('certificate_expired', `${text}; weir fleet token --node NAME lets it join anew`);
    }
    const name = /^CN=(.*)$/m.exec(shown.subject)?.[1] ?? '';
    const node = this.#files.node(name);
    // A session that TLS resumes was verified when it began: whose authority is trusted no longer is seen here.
    const isTrusted = problem === null && this.authorities.some((one) => shown.verify(one.certificate.publicKey));
    if (!isTrusted) this.#refuseUntrusted(shown, node);
    if (node === null) throw new Refusal('certificate_unknown', 'this certificate is of no node of this fleet');
    const digest = certificateDigest(shown);
    if (node.revoked !== null)
      throw new Refusal('revoked', `node ${name} was taken out of the fleet at ${node.revoked}`);
    if (node.certificates.some((one) => one.digest === digest)) return { node, digest };
    if (node.superseded.includes(digest)) {
      const reason = `node ${name} showed a certificate from ${address} that it had renewed before: a copy of its home is in use`;
      if (node.duplicate === null) this.#tell(reason, true);
      this.#files.putNode({ ...node, duplicate: { reason, time: this.#time() } });
      const how = 'give this one a home of its own and let it join, or weir fleet token --node lets it take the place';
      throw new Refusal(
        'certificate_superseded',
        `another node uses this identity, and has a newer certificate: ${how}`,
      );
    }
    throw new Refusal('certificate_unknown', `this certificate is none of node ${name}'s`);
  }

  #refuseUntrusted(shown: X509Certificate, node: FleetNode | null): never {
    const digest = certificateDigest(shown);
    if (node?.certificates.some((one) => one.digest === digest) !== true) {
      throw new Refusal('certificate_unknown', 'this certificate is not of this fleet');
    }
    const text = `the authority that has signed the certificate of node ${node.name} is trusted in this fleet no longer`;
    throw new Refusal('authority_dropped', `${text}; weir fleet token --node ${node.name} lets it join anew`);
  }

  /** From the first time that a newer certificate is shown, those before it are taken no longer. */
  #used(node: FleetNode, digest: string): FleetNode {
    const at = node.certificates.findIndex((one) => one.digest === digest);
    const before = node.certificates.slice(0, at).map((one) => one.digest);
    const certificates = node.certificates.slice(at);
    return {
      ...node,
      certificates: certificates.map((one, i) => (i === 0 ? { ...one, isUsed: true } : one)),
      superseded: [...node.superseded, ...before].slice(-KEPT_SUPERSEDED),
    };
  }

  /** A process that was seen before another one, and now again, runs beside it: no restart goes back. */
  #seen(node: FleetNode, id: string, address: string): FleetNode {
    const now = this.#time();
    const known = node.instances.find((one) => one.id === id);
    const newest = node.instances.at(-1);
    const instances = [...node.instances.filter((one) => one.id !== id), { id, address, lastSeen: now }];
    const isTwo = known !== undefined && newest !== undefined && newest.id !== id;
    if (isTwo) {
      const reason = `two processes use the identity of node ${node.name}, at ${newest.address} and ${address}: a copy of its home is in use`;
      return { ...node, instances: instances.slice(-KEPT_INSTANCES), duplicate: { reason, time: now } };
    }
    const since = node.duplicate === null ? 0 : this.#now() - Date.parse(node.duplicate.time);
    const duplicate = since > DUPLICATE_FORGOTTEN_MS ? null : node.duplicate;
    return { ...node, instances: instances.slice(-KEPT_INSTANCES), duplicate };
  }

  /** Writers belong to the node that named them first. */
  #withWriters(node: FleetNode, writers: readonly string[]): FleetNode {
    const homes = this.#files.nodeKeys(node.name);
    const present = homes.at(-1);
    if (present === undefined) return node;
    const fresh = writers.filter((writer) => !homes.some((one) => one.writers.includes(writer)));
    if (fresh.length === 0) return node;
    for (const other of this.#files.nodes()) {
      if (other.name === node.name) continue;
      const taken = this.#files.nodeKeys(other.name).flatMap((one) => one.writers);
      const claimed = fresh.find((writer) => taken.includes(writer));
      if (claimed === undefined) continue;
      const reason = `node ${node.name} says that it is the writer ${claimed}, which is node ${other.name}'s`;
      return { ...node, duplicate: { reason, time: this.#time() } };
    }
    this.#files.putNodeKeys(node.name, [
      ...homes.slice(0, -1),
      { ...present, writers: [...present.writers, ...fresh].slice(-MAX_WRITERS) },
    ]);
    return node;
  }

  /** What a node of this role is handed, whenever it asks. */
  #news(node: FleetNode): object {
    const settings = this.#files.settings();
    const { role, name } = node;
    const revoked = this.#files.nodes().filter((one) => one.revoked !== null);
    return {
      time: this.#time(),
      syncMs: settings.syncMs,
      authorities: this.#files.authorities.signed(settings.id),
      revocations: signRevocations(
        {
          ...{ fleet: settings.id, version: this.#files.revocationVersion(), time: this.#time() },
          revoked: revoked.map((one) => ({
            name: one.name,
            user: busUserOf(one.name, one.role),
            time: one.revoked ?? '',
          })),
        },
        (text) => sign('sha256', Buffer.from(text), this.#files.issuer().key),
      ),
      duplicate: node.duplicate?.reason ?? null,
      fingerprintKeys: role === 'collector' ? null : fingerprintKeysText(this.#files.fingerprintKeys()),
      writerKeys: role === 'collector' || role === 'console' ? this.#writerKeys(role === 'console') : null,
      interception: role === 'proxy' ? this.#interception(settings, name) : null,
    };
  }

  /** For those that read records: chain keys, and for a console those of excerpts. Of nodes that were taken out as well. */
  #writerKeys(withExcerpts: boolean): readonly object[] {
    return this.#files.nodes().flatMap(({ name }) =>
      this.#files.nodeKeys(name).map(({ chain, excerpt, writers }) => ({
        ...{ node: name, writers, chain },
        excerpt: withExcerpts ? excerpt : null,
      })),
    );
  }

  #interception({ interception }: FleetSettings, name: string): object {
    if (interception === 'shared') {
      const shared = this.#files.sharedAuthority();
      return shared === null ? { kind: 'own' } : { kind: 'shared', ...shared };
    }
    if (interception === 'intermediate') return { kind: 'intermediate', certificates: this.#files.intermediate(name) };
    return { kind: 'own' };
  }

  #clientCertificate(
    name: string,
    role: FleetNode['role'],
    key: KeyObject,
    { id, lifeMs }: FleetSettings,
  ): { readonly pem: string; readonly kept: NodeCertificate } {
    const client = { commonName: name, unit: role, organization: id, dnsName: busUserOf(name, role) };
    const { issuer } = this.#files.authorities.trust;
    const validity = this.#validity(issuer, lifeMs);
    const pem = pemOf(signClient(client, key, this.#files.authorities.issuerOf(issuer), validity));
    const digest = certificateDigest(new X509Certificate(pem));
    return { pem, kept: { digest, until: validity.notAfter.toISOString(), isUsed: false, authority: issuer.digest } };
  }

  #validity({ certificate }: FleetAuthority, lifeMs: number): { readonly notBefore: Date; readonly notAfter: Date } {
    const now = this.#now();
    return {
      notBefore: new Date(Math.max(now - BACKDATE_MS, certificate.validFromDate.getTime())),
      notAfter: new Date(Math.min(now + lifeMs, certificate.validToDate.getTime())),
    };
  }

  #time(): string {
    return new Date(this.#now()).toISOString();
  }
}

function requestedKey(body: Fields): KeyObject {
  const key = keyOfRequest(body.bytes('request', REQUEST_BYTES));
  if (key !== null) return key;
  throw new Refusal('bad_request', 'the request for a certificate is not one of P-256, signed by its key');
}

function digestOf(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}
