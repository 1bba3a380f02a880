/**
 * The containers that a runtime of Kubernetes has, asked at its socket by CRI (runtime.v1.RuntimeService of
 * kubernetes/cri-api: gRPC over a Unix socket). Two questions that change nothing, ListContainers and ListPodSandbox, and
 * never another. Whatever goes wrong is told as a reason; nothing here throws or waits for longer than it is given.
 */
import { type ClientHttp2Session, connect } from 'node:http2';
import { createConnection } from 'node:net';
import { type FieldBudget, MAX_FIELDS, type ProtobufField, readProtobuf } from '../../engine/extract/protobuf.ts';
import type { Pod } from '../../flow/parties.ts';
import { type Listing, workloadOf } from './container-facts.ts';

const SERVICE = '/runtime.v1.RuntimeService';
/** A message without a field, in gRPC's frame: not compressed, no bytes. */
const EMPTY_MESSAGE = Buffer.alloc(5);
const FRAME_HEAD_BYTES = 5;
/** As much as gRPC's own clients take from a runtime. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** What kubelet writes on each container. */
const POD_NAME_LABEL = 'io.kubernetes.pod.name';
const POD_NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
/** Of an image that is named by its digest alone: nobody's name for it. */
const DIGEST_ALONE = /^(?:sha256:)?[0-9a-f]{64}$/;

/** All containers of the runtime at a Unix socket, by id, or why they could not be had within `withinMs`. */
export async function listByCri(socketPath: string, withinMs: number): Promise<Listing> {
  const session = connect('http://localhost', { createConnection: () => createConnection(socketPath) });
  try {
    return await new Promise<Listing>((resolve) => {
      const fail = (reason: string): void => resolve({ kind: 'failed', reason });
      const timer = setTimeout(() => fail(`no answer within ${withinMs} ms`), withinMs);
      session.on('error', (error) => fail(reasonOf(error)));
      session.on('close', () => {
        clearTimeout(timer);
        fail('it closed the connection');
      });
      Promise.all([call(session, 'ListContainers'), call(session, 'ListPodSandbox')]).then(
        ([containers, sandboxes]) => resolve(listingOf(containers, sandboxes)),
        (error: unknown) => fail(reasonOf(error)),
      );
    });
  } finally {
    session.destroy();
  }
}

/** The answer to a call without arguments. Rejects with what was wrong. */
function call(session: ClientHttp2Session, method: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': `${SERVICE}/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const pieces: Buffer[] = [];
    let bytes = 0;
    let status: string | null = null;
    const learn = (headers: NodeJS.Dict<string | string[]>): void => {
      const told = headers['grpc-status'];
      if (typeof told === 'string') status = told;
    };
    stream.on('response', (headers) => {
      learn(headers);
      if (headers[':status'] !== 200) reject(new Error(`${method} was answered with HTTP ${headers[':status']}`));
    });
    stream.on('trailers', learn);
    stream.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MAX_ANSWER_BYTES) pieces.push(piece);
      else reject(new Error(`${method} has an answer of more than ${MAX_ANSWER_BYTES} bytes`));
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (status !== '0')
        return reject(new Error(`${method} ended with ${status === null ? 'no status' : `gRPC status ${status}`}`));
      const message = messageOf(Buffer.concat(pieces));
      if (message === null) reject(new Error(`${method} has an answer that is no message of gRPC`));
      else resolve(message);
    });
    stream.end(EMPTY_MESSAGE);
  });
}

/** The one message of an answer; null where it is none, or is compressed, which nobody asked for. */
function messageOf(answer: Buffer): Buffer | null {
  if (answer.length < FRAME_HEAD_BYTES || answer[0] !== 0) return null;
  return answer.readUInt32BE(1) === answer.length - FRAME_HEAD_BYTES ? answer.subarray(FRAME_HEAD_BYTES) : null;
}

/** Of ListContainersResponse and ListPodSandboxResponse, each a list in field 1. */
function listingOf(containers: Buffer, sandboxes: Buffer): Listing {
  const budget = { left: MAX_FIELDS };
  const list = fieldsOf(containers, budget);
  const pods = fieldsOf(sandboxes, budget);
  if (list === null || pods === null) return { kind: 'failed', reason: 'its answer is no message of CRI' };
  const podById = new Map<string, Pod>();
  for (const each of pods.all(1)) {
    const sandbox = fieldsOf(each, budget);
    const metadata = fieldsOf(sandbox?.all(2)[0], budget);
    const pod = podOf(metadata?.text(3), metadata?.text(1));
    const id = sandbox?.text(1);
    if (id !== undefined && pod !== null) podById.set(id, pod);
  }
  const found = new Map(
    list.all(1).flatMap((each) => {
      const container = fieldsOf(each, budget);
      const id = container?.text(1);
      if (container === null || id === undefined) return [];
      const labels = entriesOf(container.all(8), budget);
      const pod =
        podOf(labels.get(POD_NAMESPACE_LABEL), labels.get(POD_NAME_LABEL)) ??
        podById.get(container.text(2) ?? '') ??
        null;
      const image = fieldsOf(container.all(4)[0], budget);
      const named = [image?.text(18), image?.text(1), container.text(5)];
      const facts = {
        runtime: null,
        image: named.find((name) => name !== undefined && !DIGEST_ALONE.test(name)) ?? null,
        pod,
      };
      return [[id, facts] as const];
    }),
  );
  return { kind: 'listed', containers: found };
}

function podOf(namespace: string | undefined, name: string | undefined): Pod | null {
  return namespace === undefined || name === undefined ? null : { namespace, name, workload: workloadOf(name) };
}

/** Of a map of texts. */
function entriesOf(entries: readonly Buffer[], budget: FieldBudget): ReadonlyMap<string, string> {
  return new Map(
    entries.flatMap((entry) => {
      const fields = fieldsOf(entry, budget);
      const key = fields?.text(1);
      return key === undefined ? [] : [[key, fields?.text(2) ?? ''] as const];
    }),
  );
}

interface Fields {
  /** The values of a field that is bytes with a length. */
  all(number: number): readonly Buffer[];
  /** The last value, as text; undefined where there is none, or an empty one. */
  text(number: number): string | undefined;
}

function fieldsOf(bytes: Buffer | undefined, budget: FieldBudget): Fields | null {
  const message = bytes === undefined ? null : readProtobuf(bytes, budget);
  if (message === null || bytes === undefined) return null;
  const all = (number: number): readonly Buffer[] =>
    message.fields.filter((field) => isBytes(field, number)).map(({ start, end }) => bytes.subarray(start, end));
  return { all, text: (number) => all(number).at(-1)?.toString('utf8') || undefined };
}

function isBytes({ number, wire }: ProtobufField, wanted: number): boolean {
  return number === wanted && wire === 2;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
