/** Who tells of containers, as the configuration has it: the runtimes' files, the runtime of Kubernetes, the kubelet. */
import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { ContainerLists, type ContainerSource } from '../../sensor/attribution/container-lists.ts';
import { Containers } from '../../sensor/attribution/containers.ts';
import { listByCri } from '../../sensor/attribution/cri-list.ts';
import { listByKubelet } from '../../sensor/attribution/kubelet-list.ts';

/** Of containerd, of that of k3s and RKE2, and of CRI-O. */
const CRI_SOCKETS = [
  '/run/containerd/containerd.sock',
  '/run/k3s/containerd/containerd.sock',
  '/run/crio/crio.sock',
] as const;
/** Where the host's files are; those of process 1 where Weir runs in a container with the host's processes. */
const ROOTS: readonly string[] = ['', '/proc/1/root'];

/** `onLearned`: of containers that were met already something is known now. */
export function configuredContainers(
  { cri, kubelet }: Pick<Config['sensor'], 'cri' | 'kubelet'>,
  onLearned: () => void,
  log: (line: string) => void,
): ContainerLists {
  const files = new Containers(ROOTS);
  // First: it knows what a pod belongs to.
  const named: readonly ContainerSource[] =
    kubelet === null ? [] : [{ name: kubelet.url, list: (withinMs) => listByKubelet(kubelet, withinMs) }];
  const sources = (): readonly ContainerSource[] => {
    // Looked for each time: a runtime may start after us.
    const sockets = cri === 'auto' ? criSocketsIn(ROOTS) : cri === false ? [] : [cri];
    return [
      ...named,
      ...sockets.map((path) => ({ name: path, list: (withinMs: number) => listByCri(path, withinMs) })),
    ];
  };
  return new ContainerLists({ sources, filed: (id, place) => files.factsOf(id, place), onLearned, log });
}

/** Those that are there, each once. */
export function criSocketsIn(roots: readonly string[]): readonly string[] {
  for (const root of roots) {
    const there = CRI_SOCKETS.map((path) => `${root}${path}`).filter((path) => existsSync(path));
    if (there.length > 0) return there;
  }
  return [];
}
