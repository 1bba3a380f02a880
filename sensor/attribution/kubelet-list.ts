/**
 * The containers of this node as its kubelet has them: `GET /pods`, a list of pods with their owners. It knows what a pod
 * belongs to, which its name alone does not tell. Whatever goes wrong is told as a reason; nothing here throws.
 */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Pod } from '../../flow/parties.ts';
import { type ContainerFacts, type Listing, workloadOf } from './container-facts.ts';

export interface KubeletPlace {
  /** `https://127.0.0.1:10250`, or http where the kubelet has a port for reading alone. */
  readonly url: string;
  /** Absolute path of the file with the bearer token, read for each question: it is replaced while we run. Null without. */
  readonly tokenFile: string | null;
  /** Certificates in PEM that the kubelet's is signed by; empty for those of Node. */
  readonly ca: readonly string[];
}

const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

/** All containers of the node, by id, or why they could not be had within `withinMs`. */
export async function listByKubelet({ url, tokenFile, ca }: KubeletPlace, withinMs: number): Promise<Listing> {
  const { promise, resolve } = Promise.withResolvers<Listing>();
  const fail = (reason: string): void => resolve({ kind: 'failed', reason });
  let token: string | null = null;
  try {
    token = tokenFile === null ? null : readFileSync(tokenFile, 'utf8').trim();
  } catch (error) {
    return { kind: 'failed', reason: `its token cannot be read: ${reasonOf(error)}` };
  }
  const answered = (response: IncomingMessage): void => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    response.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MAX_ANSWER_BYTES) pieces.push(piece);
      else fail(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    });
    response.on('error', (error) => fail(reasonOf(error)));
    response.on('end', () => {
      if (response.statusCode !== 200) return fail(`HTTP ${response.statusCode}`);
      const containers = containersIn(Buffer.concat(pieces).toString('utf8'));
      if (containers === null) fail('its answer is no list of pods');
      else resolve({ kind: 'listed', containers });
    });
  };
  const options = {
    headers: { accept: 'application/json', ...(token === null ? {} : { authorization: `Bearer ${token}` }) },
    agent: false,
  } as const;
  const target = new URL('/pods', url);
  try {
    const asked =
      target.protocol === 'https:'
        ? httpsRequest(target, { ...options, ...(ca.length === 0 ? {} : { ca: [...ca] }) }, answered)
        : httpRequest(target, options, answered);
    const timer = setTimeout(() => fail(`no answer within ${withinMs} ms`), withinMs);
    asked.on('error', (error) => fail(reasonOf(error)));
    asked.end();
    const listing = await promise;
    clearTimeout(timer);
    asked.destroy();
    return listing;
  } catch (error) {
    return { kind: 'failed', reason: reasonOf(error) }; // A token that is no header, above all.
  }
}

function containersIn(text: string): ReadonlyMap<string, ContainerFacts> | null {
  const list = objectOf(parsed(text));
  const items = list?.['items'];
  if (!Array.isArray(items) && items !== null) return null;
  const found = new Map<string, ContainerFacts>();
  for (const item of items ?? []) {
    const metadata = objectIn(item, 'metadata');
    const pod = podOf(metadata);
    const images = new Map<string, string>();
    for (const each of listsIn(objectIn(item, 'spec'), ['containers', 'initContainers', 'ephemeralContainers'])) {
      const [name, image] = [textIn(each, 'name'), textIn(each, 'image')];
      if (name !== null && image !== null) images.set(name, image);
    }
    const kinds = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'];
    for (const each of listsIn(objectIn(item, 'status'), kinds)) {
      // containerd://ID
      const id = textIn(each, 'containerID')?.split('://')[1];
      if (id === undefined) continue;
      found.set(id, { runtime: null, image: images.get(textIn(each, 'name') ?? '') ?? textIn(each, 'image'), pod });
    }
  }
  return found;
}

function podOf(metadata: Json | null): Pod | null {
  const [namespace, name] = [textIn(metadata, 'namespace'), textIn(metadata, 'name')];
  if (metadata === null || namespace === null || name === null) return null;
  return { namespace, name, workload: ownerOf(metadata, name) };
}

/** What the pod belongs to; a ReplicaSet with the Deployment's hash behind its name is its Deployment's. */
function ownerOf(metadata: Json, pod: string): string | null {
  const owner = listsIn(metadata, ['ownerReferences']).find((each) => each['controller'] === true);
  const [kind, name] = [textIn(owner ?? null, 'kind'), textIn(owner ?? null, 'name')];
  if (kind === null || name === null) return null;
  return (kind === 'ReplicaSet' ? workloadOf(pod) : null) ?? `${kind.toLowerCase()}/${name}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null;
}

function objectIn(from: unknown, key: string): Json | null {
  return objectOf(objectOf(from)?.[key]);
}

function listsIn(from: Json | null, keys: readonly string[]): readonly Json[] {
  return keys.flatMap((key) => {
    const list: unknown = from?.[key];
    return Array.isArray(list) ? list.map(objectOf).filter((each) => each !== null) : [];
  });
}

function textIn(from: Json | null, key: string): string | null {
  const value = from?.[key];
  return typeof value === 'string' && value !== '' ? value : null;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
