/** Plaintext of TLS calls out of the loader's frames: put together by handle and direction, and checked for gaps. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { constantOf, type Fields, structOf } from '../support/events-header.ts';
import type { TestCgroup } from './host.ts';
import { bigOf, type Frame, fields, numberOf, structIn, type TestLoader, textOf, tgidOf } from './loader.ts';
import type { Sandbox, Started } from './sandbox.ts';

const DATA_SIZE = structOf('weir_tls_data').size;

export interface Stream {
  readonly tgid: number;
  readonly address: bigint;
  readonly generation: number;
  readonly role: number;
  readonly library: number;
  readonly flags: number;
  readonly direction: 'out' | 'in';
  /** Bytes captured, in order of their offsets. */
  readonly bytes: Buffer;
  /** Bytes that calls had beyond those that were captured. */
  readonly missing: number;
  readonly isTruncated: boolean;
  readonly isPeek: boolean;
  readonly calls: number;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
  readonly of: Fields;
}

/** Every stream that was heard, with sequences and offsets checked. */
export function streamsOf(frames: readonly Frame[]): readonly Stream[] {
  const pieces = new Map<string, Piece[]>();
  for (const frame of frames) {
    const of = fields('weir_tls_data', frame);
    const handle = structIn(of, 'handle');
    const id = [
      tgidOf(frame),
      bigOf(handle, 'address'),
      numberOf(handle, 'generation'),
      numberOf(of, 'direction'),
    ].join();
    const list = pieces.get(id) ?? [];
    pieces.set(id, list);
    const bytes = frame.bytes.subarray(DATA_SIZE, DATA_SIZE + numberOf(of, 'length'));
    assert.equal(frame.bytes.length, DATA_SIZE + bytes.length);
    list.push({ offset: numberOf(of, 'offset'), bytes, of });
  }
  return [...pieces.entries()].map(([id, list]) => streamOf(Number(id.split(',')[0]), list));
}

function streamOf(tgid: number, unordered: readonly Piece[]): Stream {
  const list = unordered.toSorted((a, b) => numberOf(a.of, 'sequence') - numberOf(b.of, 'sequence'));
  let end = 0;
  let missing = 0;
  for (const [index, { of, offset, bytes }] of list.entries()) {
    assert.equal(numberOf(of, 'sequence'), index, 'a record is missing');
    assert.ok(offset >= end, 'two records bring the same bytes');
    missing += offset - end;
    end = offset + bytes.length;
    const isLast = (numberOf(of, 'flags') & constantOf('WEIR_DATA_LAST')) !== 0;
    if (isLast) {
      const beyond = numberOf(of, 'total') - numberOf(of, 'at') - bytes.length;
      missing += beyond;
      end += beyond;
    }
  }
  const first = list[0];
  assert.ok(first !== undefined);
  const handle = structIn(first.of, 'handle');
  const has = (flag: string): boolean => list.some(({ of }) => (numberOf(of, 'flags') & constantOf(flag)) !== 0);
  return {
    tgid,
    address: bigOf(handle, 'address'),
    generation: numberOf(handle, 'generation'),
    role: numberOf(handle, 'role'),
    library: numberOf(handle, 'library'),
    flags: numberOf(handle, 'flags'),
    direction: numberOf(first.of, 'direction') === 0 ? 'out' : 'in',
    bytes: Buffer.concat(list.map(({ bytes }) => bytes)),
    missing,
    isTruncated: has('WEIR_DATA_TRUNCATED'),
    isPeek: has('WEIR_DATA_PEEK'),
    calls: new Set(list.map(({ of }) => numberOf(of, 'call'))).size,
  };
}

/** The streams of a process, in order of their handles' generations. */
export function heard(loader: TestLoader, tgid: number, direction: 'out' | 'in'): readonly Stream[] {
  return streamsOf(loader.all('TLS_DATA', (frame) => tgidOf(frame) === tgid))
    .filter((stream) => stream.direction === direction)
    .toSorted((a, b) => a.generation - b.generation);
}

/** Names that a process set on its handles. */
export function namesOf(loader: TestLoader, tgid: number): readonly string[] {
  return loader
    .all('TLS_NAME', (frame) => tgidOf(frame) === tgid)
    .map((frame) => textOf(fields('weir_tls_name', frame), 'name'));
}

export function capture(loader: TestLoader, name: string, verdict = 'WEIR_CAPTURE'): Promise<number> {
  return loader.command('weir_do_name', 'NAME', { verdict: constantOf(verdict), length: name.length, name });
}

/** Waits until every probe that the loader knows to set by now on a path that ends so is set. */
export function attached(loader: TestLoader, ending: string): Promise<Frame> {
  return loader.first('ATTACH', (frame) => {
    const of = fields('weir_attach', frame);
    const at = structOf('weir_attach').size;
    const path = frame.bytes.subarray(at, at + numberOf(of, 'path_length')).toString();
    return path.endsWith(ending) && numberOf(of, 'state') === constantOf('WEIR_ATTACHED');
  });
}

/** A key and a certificate for names and loopback, by the system's openssl. */
export function makeCertificate(
  folder: string,
  names: readonly string[],
): { readonly key: string; readonly cert: string } {
  const key = join(folder, 'server.key');
  const cert = join(folder, 'server.pem');
  const alternatives = [...names.map((name) => `DNS:${name}`), 'IP:127.0.0.1', 'IP:::1'].join(',');
  const what = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const subject = ['-subj', `/CN=${names[0] ?? ''}`, '-addext', `subjectAltName=${alternatives}`];
  execFileSync('openssl', [...what, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' });
  return { key, cert };
}

export interface Request {
  readonly path?: string;
  readonly version?: string;
  readonly bare?: boolean;
  readonly bytes: number;
  readonly sha256: string;
}

/** What the server said of requests so far. */
export function requestsIn(output: string): readonly Request[] {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') && line.includes('sha256'))
    .map((line) => JSON.parse(line) as Request);
}

export async function startServer(
  sandbox: Sandbox,
  { key, cert }: { readonly key: string; readonly cert: string },
  pauseMs = 0,
  cgroup?: TestCgroup,
): Promise<Started> {
  const script = join(import.meta.dirname, 'https-server.ts');
  const args = [script, key, cert, '127.0.0.1', '443', '8443', String(pauseMs)];
  const server = sandbox.start(process.execPath, args, cgroup === undefined ? {} : { cgroup });
  await server.says('ready');
  return server;
}
