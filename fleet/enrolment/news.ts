/** What the centre hands to a node, read from its answer and taken up in home: keys first, so that nothing is half known. */
import { WeirError } from '../../flow/errors.ts';
import { parseFingerprintKeys, writeFleetKeys } from '../../store/fingerprint-keys.ts';
import type { HomePaths } from '../../store/home.ts';
import { type NodeWriters, writeWriterKeys } from '../../store/writer-keys.ts';
import { type Fields, PEM } from './checked-fields.ts';
import type { NodeFiles } from './node-files.ts';
import { openRevocations } from './revocations.ts';
import { NODE_NAME, WRITER_ID } from './terms.ts';
import { certificatesIn, openTrust, type SignedTrust, signedTrustIn } from './trust.ts';

/** The authority that a proxy is to intercept with. */
export type InterceptionNews =
  | { readonly kind: 'own' }
  | { readonly kind: 'shared'; readonly certificate: string; readonly key: string }
  /** PEM of the certificate and its root's; null while the root's owner has not signed. */
  | { readonly kind: 'intermediate'; readonly certificates: string | null };

export interface News {
  /** The centre's clock. */
  readonly timeMs: number;
  readonly syncMs: number;
  readonly duplicate: string | null;
  readonly interception: InterceptionNews | null;
}

const KEY = /^[\w-]{43}$/;
const MOST_NODES = 200_000;
const LEAST_SYNC_MS = 1000;
const MOST_SYNC_MS = 3_600_000;

/** The authorities that a node trusts: PEM, the one that issues first; and the statement by which it does, null without any. */
export interface KnownTrust {
  readonly ca: string;
  readonly signed: SignedTrust | null;
}

/**
 * What the node trusts from this answer on: what one of those that it trusts already has signed, and nothing older than
 * that; null where nothing changes. Throws BadField, and WeirError for what none of them has signed.
 */
export function trustIn(answer: Fields, known: KnownTrust): KnownTrust | null {
  const fields = answer.objectOrNull('authorities');
  if (fields === null) return null; // a centre of an earlier version
  const signed = signedTrustIn(fields);
  const opened = openTrust(signed, known.ca);
  if (opened === null) {
    throw new WeirError('centre_untrusted', 'the list of authorities is signed by none that this node trusts');
  }
  const kept = known.signed === null ? null : openTrust(known.signed, known.ca);
  const isNewer = kept === null || kept.fleet !== opened.fleet || opened.version > kept.version;
  return isNewer ? { ca: opened.authorities.join(''), signed } : null;
}

/** Takes up all but the interception, which is the proxy's, and whom to trust. Throws BadField, WeirError; what was there before stays then. */
export function takeNews(answer: Fields, files: NodeFiles, paths: HomePaths, ca: string): News {
  const keysText = answer.textOrNull('fingerprintKeys', /^[\x20-\x7e]{2,1000000}$/);
  const keys = keysText === null ? [] : parseFingerprintKeys(keysText);
  if (keys === null) throw new WeirError('centre_untrusted', 'the centre sent keys of fingerprints that are none');
  const signed = answer.objectOrNull('revocations');
  const writers = writersIn(answer);
  const news = {
    timeMs: answer.moment('time'),
    syncMs: Math.min(Math.max(answer.number('syncMs'), LEAST_SYNC_MS), MOST_SYNC_MS),
    duplicate: answer.textOrNull('duplicate', /^[^\0]{1,1000}$/u),
    interception: interceptionIn(answer.objectOrNull('interception')),
  };
  if (keys.length > 0) writeFleetKeys(paths, keys);
  if (writers !== null) writeWriterKeys(paths, writers);
  if (signed !== null) takeRevocations(signed, files, ca);
  return news;
}

function writersIn(answer: Fields): readonly NodeWriters[] | null {
  if (!answer.has('writerKeys')) return null;
  return answer.list('writerKeys', MOST_NODES).map((one) => ({
    node: one.text('node', NODE_NAME),
    writers: one.texts('writers', WRITER_ID, 10_000),
    chain: one.text('chain', KEY),
    excerpt: one.textOrNull('excerpt', KEY),
  }));
}

/** A list that is older than the one that is kept would let somebody in again. */
function takeRevocations(signed: Fields, files: NodeFiles, ca: string): void {
  const list = { text: signed.text('text', /^[^\0]*$/u), signature: signed.text('signature', /^[\w-]{1,400}$/) };
  const keys = certificatesIn(ca).map(({ publicKey }) => publicKey);
  const opened = openRevocations(list, keys);
  if (opened === null) throw new WeirError('centre_untrusted', 'the list of revoked nodes is not signed by the fleet');
  const kept = files.revocations(keys);
  if (kept === null || opened.version >= kept.version) files.putRevocations(list);
}

function interceptionIn(fields: Fields | null): InterceptionNews | null {
  if (fields === null) return null;
  const kind = fields.choice('kind', ['own', 'shared', 'intermediate']);
  if (kind === 'own') return { kind };
  if (kind === 'intermediate') return { kind, certificates: fields.textOrNull('certificates', PEM) };
  return { kind, certificate: fields.text('certificate', PEM), key: fields.text('key', PEM) };
}
