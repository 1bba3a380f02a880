/** A home joins a fleet: by a token, once. Nothing secret is said before the centre has shown that it is the one of the token. */
import { X509Certificate } from 'node:crypto';
import { certificationRequest } from '../../keys/request.ts';
import { allWriterIds, type Home } from '../../store/home.ts';
import { askCentre, fetchAuthority } from './ask-centre.ts';
import { PEM } from './checked-fields.ts';
import { type InterceptionNews, takeNews, trustIn } from './news.ts';
import { NEVER_ASKED, NodeFiles } from './node-files.ts';
import { NODE_NAME, ROLES, type Role } from './terms.ts';
import type { JoinToken } from './token-text.ts';

export interface Joined {
  readonly name: string;
  readonly role: Role;
  readonly until: Date;
  readonly interception: InterceptionNews | null;
}

export interface JoinOptions {
  readonly home: Home;
  readonly token: JoinToken;
  readonly name: string;
  /** Weir's. */
  readonly version: string;
  readonly now: () => number;
}

/** Throws WeirError `centre_away`, `centre_untrusted`, and Refused for what the centre refuses; home is then as it was. */
export async function joinFleet(options: JoinOptions): Promise<Joined> {
  const { home, token, name, version, now } = options;
  const files = new NodeFiles(home.path);
  const place = await fetchAuthority(token.address, token.pin);
  const { publicKey, privateKey } = files.nextKey();
  const body = {
    ...{ tokenId: token.id, secret: token.secret, name, version, time: new Date(now()).toISOString() },
    request: certificationRequest(publicKey, privateKey).toString('base64url'),
    chainKey: home.keys.chain.export().toString('base64url'),
    excerptKey: home.keys.excerpt.export().toString('base64url'),
    writers: allWriterIds(home),
  };
  const answer = await askCentre(place, '/v1/join', body, null);
  const trust = trustIn(answer, { ca: place.ca, signed: null }) ?? { ca: place.ca, signed: null };
  const identity = {
    name: answer.text('name', NODE_NAME),
    role: answer.choice('role', ROLES),
    label: answer.textOrNull('label', /^[^\p{Cc}]{0,200}$/u),
    address: token.address,
    cert: answer.text('certificate', PEM),
    ca: trust.ca,
  };
  const news = takeNews(answer, files, home, trust.ca);
  files.take(identity);
  files.putTrust(trust.ca, trust.signed);
  const at = now();
  const { syncMs, timeMs } = news;
  files.putState({ ...NEVER_ASKED, lastSync: new Date(at).toISOString(), skewMs: at - timeMs, syncMs });
  return {
    name,
    role: identity.role,
    until: new X509Certificate(identity.cert).validToDate,
    interception: news.interception,
  };
}
