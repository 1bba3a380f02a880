/**
 * What a container's runtime says of it in its own files on this host: image, and of a pod its name and namespace. Kept by
 * id, which is never given twice.
 */
import { statSync } from 'node:fs';
import type { Pod } from '../../flow/parties.ts';
import type { CgroupPlace } from '../../wire/cgroup-place.ts';
import { namesIn, textOf } from '../../wire/proc-files.ts';
import { type ContainerFacts, workloadOf } from './container-facts.ts';

const MAX_KNOWN = 5000;
/** What is not there yet may be a moment later: the runtime writes it before it starts the process, but not by much. */
const RETRY_MS = 5000;
const MAX_FILE_BYTES = 4 * 1024 * 1024;

type Json = Readonly<Record<string, unknown>>;

export class Containers {
  readonly #roots: readonly string[];
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly facts: ContainerFacts | null; readonly at: number }>();

  /** `roots`: where the host's files are; those of process 1 where Weir runs in a container with the host's processes. */
  constructor(roots: readonly string[] = ['', '/proc/1/root'], now: () => number = () => performance.now()) {
    this.#roots = roots;
    this.#now = now;
  }

  /** Null where nobody says anything of it. */
  factsOf(id: string, { runtime }: Pick<CgroupPlace, 'runtime'>): ContainerFacts | null {
    const known = this.#known.get(id);
    if (known !== undefined && (known.facts !== null || this.#now() - known.at < RETRY_MS)) return known.facts;
    const facts = /^[0-9a-f]{64}$/.test(id) ? this.#look(id, runtime) : null;
    this.#known.delete(id);
    this.#known.set(id, { facts, at: this.#now() });
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
    return facts;
  }

  #look(id: string, runtime: string | null): ContainerFacts | null {
    for (const root of this.#roots) {
      const found = dockerFacts(root, id) ?? bundleFacts(root, id, runtime) ?? storageFacts(root, id);
      if (found !== null) return found;
    }
    return null;
  }
}

function dockerFacts(root: string, id: string): ContainerFacts | null {
  const file = json(`${root}/var/lib/docker/containers/${id}/config.v2.json`);
  if (file === null) return null;
  const config = objectIn(file, 'Config');
  const labels = objectIn(config, 'Labels');
  const pod = podOf(labels, 'io.kubernetes.pod.namespace', 'io.kubernetes.pod.name');
  return { runtime: 'docker', image: textIn(config, 'Image'), pod };
}

/** The bundle that containerd (of Kubernetes, of Docker, alone) hands to runc. */
function bundleFacts(root: string, id: string, runtime: string | null): ContainerFacts | null {
  const tasks = `${root}/run/containerd/io.containerd.runtime.v2.task`;
  for (const namespace of namesIn(tasks)) {
    const file = json(`${tasks}/${namespace}/${id}/config.json`);
    if (file === null) continue;
    const notes = objectIn(file, 'annotations');
    return {
      runtime: namespace === 'moby' ? 'docker' : (runtime ?? 'containerd'),
      image: textIn(notes, 'io.kubernetes.cri.image-name'),
      pod: podOf(notes, 'io.kubernetes.cri.sandbox-namespace', 'io.kubernetes.cri.sandbox-name'),
    };
  }
  return null;
}

/** What CRI-O and Podman share. */
function storageFacts(root: string, id: string): ContainerFacts | null {
  for (const base of ['run/containers/storage', 'var/lib/containers/storage']) {
    const folder = `${root}/${base}/overlay-containers`;
    const notes = objectIn(json(`${folder}/${id}/userdata/config.json`), 'annotations');
    const image = textIn(notes, 'io.kubernetes.cri-o.ImageName');
    if (image !== null) {
      return { runtime: 'cri-o', image, pod: podOf(notes, 'io.kubernetes.pod.namespace', 'io.kubernetes.pod.name') };
    }
    const listed = listIn(`${folder}/containers.json`).find((one) => one['id'] === id);
    if (listed === undefined) continue;
    const metadata = parsed(textIn(listed, 'metadata') ?? '');
    return { runtime: 'podman', image: textIn(isObject(metadata) ? metadata : null, 'image-name'), pod: null };
  }
  return null;
}

function podOf(from: Json | null, namespaceKey: string, nameKey: string): Pod | null {
  const namespace = textIn(from, namespaceKey);
  const name = textIn(from, nameKey);
  return namespace === null || name === null ? null : { namespace, name, workload: workloadOf(name) };
}

function json(path: string): Json | null {
  const value = parsed(smallText(path));
  return isObject(value) ? value : null;
}

function listIn(path: string): readonly Json[] {
  const value = parsed(smallText(path));
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function smallText(path: string): string {
  try {
    return statSync(path).size > MAX_FILE_BYTES ? '' : textOf(path);
  } catch {
    return ''; // Not this runtime's, or not ours to read.
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null; // It is being written.
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objectIn(from: Json | null, key: string): Json | null {
  const value = from?.[key];
  return isObject(value) ? value : null;
}

function textIn(from: Json | null, key: string): string | null {
  const value = from?.[key];
  return typeof value === 'string' && value !== '' ? value : null;
}
