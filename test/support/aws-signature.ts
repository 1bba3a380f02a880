/**
 * AWS's Signature Version 4 as the other side reads it, written from its description and not with the signer's own code:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHash, createHmac } from 'node:crypto';

export const TEST_KEYS = {
  accessKeyId: ['AK', 'IA', 'TESTTESTTESTTEST'].join(''),
  secretAccessKey: ['not', 'a', 'secret', 'but', 'a', 'test', 'of', 'forty', 'signs'].join('+'),
} as const;

export interface SignedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly string[];
  readonly body: Buffer;
}

/** Whether a request is signed with these keys, over all of its `x-amz-` headers and its body. */
export function isSignedBy(keys: typeof TEST_KEYS, request: SignedRequest): boolean {
  const header = (name: string): string | undefined => {
    const at = request.headers.findIndex((sent, i) => i % 2 === 0 && sent.toLowerCase() === name);
    return at === -1 ? undefined : request.headers[at + 1];
  };
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      header('authorization') ?? '',
    );
  if (match === null) return false;
  const [, id, day = '', region = '', service = '', names = '', signature] = match;
  if (id !== keys.accessKeyId) return false;
  const listed = names.split(';');
  const must = request.headers.filter((name, i) => i % 2 === 0 && /^(?:host|x-amz-)/i.test(name));
  if (must.some((name) => !listed.includes(name.toLowerCase()))) return false;
  const hash = sha256(request.body);
  if ((header('x-amz-content-sha256') ?? hash) !== hash) return false;
  const [path = '', query = ''] = request.target.split('?');
  const canonical = [
    request.method,
    path.split('/').map(escaped).join('/'),
    [...new URLSearchParams(query)]
      .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
      .sort()
      .join('&'),
    ...listed.map((name) => `${name}:${(header(name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    names,
    hash,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', header('x-amz-date'), scope, sha256(canonical)].join('\n');
  let key: Buffer = Buffer.from(`AWS4${keys.secretAccessKey}`);
  for (const part of [day, region, service, 'aws4_request', text])
    key = createHmac('sha256', key).update(part).digest();
  return key.toString('hex') === signature;
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** RFC 3986's unreserved characters stay. */
function escaped(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
}
