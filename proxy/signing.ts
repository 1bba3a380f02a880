/**
 * Requests that carry a signature over their own bytes: what is edited in them breaks it. AWS's (Signature Version 4) is
 * made again where Weir has been given keys; any other, and AWS's without keys, cannot be.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Origin } from '../catalog/providers.ts';
import type { AwsCredentials, AwsKeys } from '../config/aws-credentials.ts';
import type { Inspection } from '../engine/inspect.ts';
import type { Edited } from '../engine/transform/splice.ts';
import type { Ruling } from '../flow/decision.ts';
import { headerOf, lowerName } from '../flow/message.ts';
import { authorityText } from './authority.ts';

/** Where a signature of AWS's holds. */
export interface SigningScope {
  readonly region: string;
  readonly service: string;
}

export interface RequestSignature {
  /** Null where it is not AWS's, or cannot be made from keys alone. */
  readonly scope: SigningScope | null;
  /** Lower-case names of the headers under it. */
  readonly signedHeaders: ReadonlySet<string>;
  /** The body is under it. */
  readonly coversBody: boolean;
}

/** Schemes of Authorization whose signature is made over headers and body: AWS, Tencent, Volcengine, Alibaba. */
const SIGNED_SCHEME = /^(AWS4-HMAC-SHA256|AWS4-ECDSA-P256-SHA256|TC3-HMAC-SHA256|HMAC-SHA256|ACS3-HMAC-SHA256)\s/;

/** The signature that a request carries; null where it carries none. */
export function signatureOf(headers: readonly string[], target: string): RequestSignature | null {
  const authorization = headerOf(headers, 'authorization');
  const scheme = authorization === null ? null : SIGNED_SCHEME.exec(authorization)?.[1];
  if (authorization !== null && scheme !== null && scheme !== undefined) {
    const [, credential = ''] = /Credential=([^,\s]+)/.exec(authorization) ?? [];
    const [, names = ''] = /SignedHeaders=([^,\s]+)/.exec(authorization) ?? [];
    return {
      scope: scheme === 'AWS4-HMAC-SHA256' ? scopeOf(credential) : null,
      signedHeaders: new Set(names.toLowerCase().split(';')),
      coversBody: headerOf(headers, 'x-amz-content-sha256') !== 'UNSIGNED-PAYLOAD',
    };
  }
  if (target.includes('X-Amz-Signature=')) {
    const query = new URLSearchParams(target.slice(target.indexOf('?') + 1));
    const names = query.get('X-Amz-SignedHeaders') ?? '';
    // A link that was signed for somebody else to use: its body is not under it, its query is.
    return { scope: null, signedHeaders: new Set(names.toLowerCase().split(';')), coversBody: false };
  }
  const input = headerOf(headers, 'signature-input');
  if (input === null || headerOf(headers, 'signature') === null) return null;
  // HTTP Message Signatures, RFC 9421: the body is under one by way of its digest.
  const components = new Set([...input.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name.toLowerCase()));
  return { scope: null, signedHeaders: components, coversBody: /digest/.test([...components].join(' ')) };
}

/** `KEY/20250101/us-east-1/bedrock/aws4_request`. */
function scopeOf(credential: string): SigningScope | null {
  const parts = credential.split('/');
  const [region, service] = [parts.at(-3), parts.at(-2)];
  return region === undefined || service === undefined || parts.length < 5 ? null : { region, service };
}

/** Whether an edit touches what is under a signature. */
export function isBrokenBy(signature: RequestSignature, edited: Edited, sent: readonly string[]): boolean {
  if (edited.changed.target) return true;
  if (edited.changed.body && (signature.coversBody || hasBodyHeader(signature))) return true;
  if (!edited.changed.headers) return false;
  return edited.headers.some((value, i) => {
    if (i % 2 === 0 || value === sent[i]) return false;
    return signature.signedHeaders.has(lowerName(sent[i - 1] ?? ''));
  });
}

/** An edited body has other values of these. */
const OF_BODY = ['content-length', 'content-encoding', 'content-md5', 'content-digest', 'digest'];

function hasBodyHeader({ signedHeaders }: RequestSignature): boolean {
  return OF_BODY.some((name) => signedHeaders.has(name));
}

/** The keys while they hold; null where there are none, or they have expired. */
export function keysAt(keys: AwsKeys | null, now: number): AwsKeys | null {
  return keys === null || (keys.expiresAt !== null && keys.expiresAt <= now) ? null : keys;
}

/** What is missing where a signature is to be made; `keys`: those that there are, which have expired. */
function missing(keys: AwsKeys | null): string {
  if (keys === null) return 'without credentials (proxy.upstream.aws)';
  const at = new Date(keys.expiresAt ?? 0).toISOString();
  const next =
    keys.files.length === 0 ? 'start Weir with new ones' : 'new ones are taken up as soon as their file has them';
  return `since the credentials of proxy.upstream.aws expired at ${at}: ${next}`;
}

/** The same decision as a block, since the edit cannot be made in a request that is signed. */
export function blockedAsSigned(inspection: Inspection, signature: RequestSignature, keys: AwsKeys | null): Inspection {
  const { enforced, explanation } = inspection.decision;
  const how =
    signature.scope === null
      ? 'its signature cannot be made again'
      : `its signature cannot be made again ${missing(keys)}`;
  const text = `the request is signed, and ${how}`;
  const own = enforced.message === null ? '' : `${enforced.message.trim()} `;
  const ruling: Ruling = { ...enforced, action: 'block', message: `${own}Nothing was sent: ${text}.` };
  const subject = inspection.decision.verdicts.map(({ finding }) => finding);
  return {
    ...inspection,
    edited: null,
    edits: [],
    decision: {
      ...inspection.decision,
      enforced: ruling,
      subject: inspection.decision.subject.length > 0 ? inspection.decision.subject : subject,
      explanation: [
        ...explanation,
        { policy: enforced.policy ?? 'proxy', rule: enforced.rule ?? 'signed', action: 'block', text },
      ],
    },
  };
}

const BEDROCK_HOST = /^bedrock(?:-[a-z-]+?)?(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com$/;

/**
 * Where a request to the gateway has to be signed by Weir: at Bedrock, unless it brings a bearer key. A signature of the
 * client's is one for this address, which AWS refuses.
 */
export function gatewayScope(provider: string | null, origin: Origin, headers: readonly string[]): SigningScope | null {
  if (provider === null) return null;
  const region = BEDROCK_HOST.exec(origin.host)?.[1];
  if (region === undefined || /^bearer\s/i.test(headerOf(headers, 'authorization') ?? '')) return null;
  return { region, service: 'bedrock' };
}

/** `keys`: those that there are, which have expired. */
export function unsignable(keys: AwsKeys | null): string {
  const why = keys === null ? 'give Weir credentials (proxy.upstream.aws)' : `it cannot be, ${missing(keys)}`;
  return (
    `a request to Bedrock through the gateway has to be signed for AWS: ${why}, send a bearer key ` +
    '(AWS_BEARER_TOKEN_BEDROCK), or send it signed through the proxy (HTTPS_PROXY, `weir run`) instead'
  );
}

export interface ToSign {
  readonly method: string;
  readonly origin: Origin;
  readonly target: string;
  /** As they are to be sent, a flat list. */
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** What stands for an older signature. */
const OF_SIGNATURE = new Set(['authorization', 'date', 'x-amz-date', 'x-amz-security-token', 'x-amz-content-sha256']);

/** The headers with a new signature in place of an older one. */
export async function signed(
  request: ToSign,
  scope: SigningScope,
  credentials: AwsCredentials,
  now: Date,
): Promise<string[]> {
  const { method, origin, target, body } = request;
  const headers = pairs(request.headers).filter(([name]) => !OF_SIGNATURE.has(lowerName(name)));
  const hash = createHash('sha256').update(body).digest('hex');
  // What the transport or another hop may write anew stays outside.
  const under = Object.fromEntries(
    headers
      .map(([name, value]) => [lowerName(name), value.trim()] as const)
      .filter(([name]) => name === 'content-type' || name.startsWith('x-amz-')),
  );
  const question = target.indexOf('?');
  const signer = new SignatureV4({
    credentials: {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken }),
    },
    region: scope.region,
    service: scope.service,
    sha256: Sha256,
  });
  const { headers: made } = await signer.sign(
    {
      method,
      protocol: `${origin.scheme}:`,
      hostname: origin.host,
      path: question === -1 ? target : target.slice(0, question),
      query: question === -1 ? {} : queryOf(target.slice(question + 1)),
      // The hash is handed over: a long body is hashed by the host, not in JavaScript.
      headers: { ...under, host: authorityText(origin), 'x-amz-content-sha256': hash },
      body,
    },
    { signingDate: now },
  );
  const added = Object.entries(made).filter(([name]) => OF_SIGNATURE.has(name));
  return [...headers.flat(), ...added.flat()];
}

function pairs(headers: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) found.push([headers[i] as string, headers[i + 1] as string]);
  return found;
}

function queryOf(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const known = query[name];
    query[name] = known === undefined ? value : [...(Array.isArray(known) ? known : [known]), value];
  }
  return query;
}
