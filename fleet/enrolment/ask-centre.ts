/**
 * How a node asks the centre: HTTPS to one address, held against the fleet's certificate alone, which came with the token's
 * pin. Bounded in time and size. What is wrong is told with what mends it; where clocks may be to blame, with both of them.
 */
import { request } from 'node:https';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { WeirError } from '../../flow/errors.ts';
import { BadField, Fields, PEM } from './checked-fields.ts';
import { CENTRE_NAME, isRefusalCode, Refusal, type RefusalCode } from './terms.ts';
import { centreNameUnder, certificateDigest, certificatesIn } from './trust.ts';

export interface CentrePlace {
  /** `host:port`. */
  readonly address: string;
  /** The certificates of the authorities that are trusted, PEM; the first is the one that issues, as far as is known here. */
  readonly ca: string;
}

const LIMIT_MS = 15_000;
const MAX_ANSWER_BYTES = 64 * 2 ** 20;

/** Said by the centre, and not by something between. */
export class Refused extends Refusal {
  /** The centre's clock as it said so. */
  readonly time: string;

  constructor(code: RefusalCode, message: string, time: string) {
    super(code, message);
    this.name = 'Refused';
    this.time = time;
  }
}

/**
 * The fleet's certificate, held against its pin: nothing is trusted before, and nothing secret is said. Throws WeirError
 * `centre_away`, `centre_untrusted`.
 */
export async function fetchAuthority(address: string, pin: string): Promise<CentrePlace> {
  const { authorities } = await aboutCentre(address);
  const digests = authorities.map(digestOf);
  const at = digests.indexOf(pin);
  const ca = authorities[at];
  if (ca !== undefined) return { address, ca };
  const shown = digests.map((digest) => `${digest.slice(0, 16)}…`).join(' and ');
  throw new WeirError(
    'centre_untrusted',
    `${address} has another certificate than the token says (${shown}, not ${pin.slice(0, 16)}…): ` +
      "the token is of another fleet or of before the fleet's certificate was changed, or somebody is between",
  );
}

function digestOf(pem: string): string {
  try {
    const [certificate] = certificatesIn(pem);
    return certificate === undefined ? '' : certificateDigest(certificate);
  } catch {
    return ''; // it is none
  }
}

/** Asks something. Throws Refused for what the centre refuses, WeirError `centre_away`, `centre_untrusted`. */
export async function askCentre(
  { address, ca }: CentrePlace,
  path: string,
  body: object,
  identity: { readonly cert: string; readonly key: string } | null,
): Promise<Fields> {
  const [issuer] = certificatesIn(ca);
  // The centre shows a certificate under the authority that is asked for by name, where it has that one still.
  const servername = issuer === undefined ? CENTRE_NAME : centreNameUnder(certificateDigest(issuer));
  const held = { checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(CENTRE_NAME, shown) };
  const options = { ca, servername, ...held, ...(identity ?? {}) };
  const answer = await exchange(address, 'POST', path, JSON.stringify(body), options).catch(async (error: unknown) => {
    throw await explained(error, address);
  });
  try {
    const fields = Fields.parse(answer.text);
    if (answer.status === 200) return fields;
    const code = fields.text('error', /^[a-z_]{1,40}$/);
    const message = fields.text('message', /^[^\p{Cc}]{1,1000}$/u);
    throw new Refused(isRefusalCode(code) ? code : 'failed', message, new Date(fields.moment('time')).toISOString());
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    throw new WeirError('centre_away', `${address} answered ${answer.status} with what no centre answers`);
  }
}

/** Of a connection that nobody has verified: good for its clock in a message, and for what has a pin. */
async function aboutCentre(
  address: string,
): Promise<{ readonly authorities: readonly string[]; readonly time: number }> {
  const options = { servername: CENTRE_NAME, rejectUnauthorized: false };
  const answer = await exchange(address, 'GET', '/v1/fleet', null, options).catch((error: unknown) => {
    throw away(error, address);
  });
  try {
    const fields = Fields.parse(answer.text);
    const [ca, time] = [fields.text('ca', PEM), fields.moment('time')];
    return { authorities: fields.has('authorities') ? fields.texts('authorities', PEM, 10) : [ca], time };
  } catch (error) {
    if (!(error instanceof BadField)) throw error;
    throw new WeirError('centre_untrusted', `${address} is not the centre of a fleet`);
  }
}

const CLOCKS: ReadonlySet<string> = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);
const UNTRUSTED =
  /^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO|ERR_TLS_CERT_ALTNAME|CERT_|INVALID_|HOSTNAME_MISMATCH|PATH_LENGTH|ERR_SSL_)/;

async function explained(error: unknown, address: string): Promise<WeirError> {
  const code = codeOf(error);
  if (CLOCKS.has(code)) {
    const here = new Date();
    const there = await aboutCentre(address).then(
      ({ time }) => new Date(time).toISOString(),
      () => 'unknown',
    );
    const text = `its certificate is not good at this time: it is ${here.toISOString()} here and ${there} there`;
    return new WeirError('centre_untrusted', `${address}: ${text}; set the clock that is wrong`, { cause: error });
  }
  if (!UNTRUSTED.test(code)) return away(error, address);
  const what = `${address} is not the centre of this fleet (${code}): the address leads elsewhere, somebody is between, or the fleet's certificate was changed without this node`;
  return new WeirError('centre_untrusted', what, { cause: error });
}

function away(error: unknown, address: string): WeirError {
  const code = codeOf(error);
  const why = code === 'ABORT_ERR' || code === 'TimeoutError' ? `no answer within ${LIMIT_MS / 1000} s` : code;
  return new WeirError('centre_away', `${address} cannot be reached (${why})`, { cause: error });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function exchange(address: string, method: string, path: string, body: string | null, tls: object): Promise<Answer> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const headers =
      body === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    // No agent: a connection that was opened with another identity is never used again.
    const options = {
      host,
      port: Number(address.slice(colon + 1)),
      method,
      path,
      headers,
      signal,
      agent: false,
    } as const;
    const asking = request({ ...options, minVersion: 'TLSv1.3', ...tls }, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER_BYTES) response.destroy(new Error('too long'));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asking.on('error', reject);
    asking.end(body ?? undefined);
  });
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
