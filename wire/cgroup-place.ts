/**
 * What the path of a cgroup says of who runs there: a container of Docker, containerd, CRI-O or Podman, a pod of
 * Kubernetes, a unit of systemd. Pure; a path that says nothing of the kind gives nulls.
 */

export type ContainerRuntime = 'docker' | 'containerd' | 'cri-o' | 'podman' | 'lxc' | 'nspawn' | 'ecs';

export interface CgroupPlace {
  /** The runtime's id of it, whole. */
  readonly container: string | null;
  /** Null where the path has a container and does not say whose. */
  readonly runtime: ContainerRuntime | null;
  /** The uid of the Kubernetes pod. */
  readonly podUid: string | null;
  /** `nginx.service`; the innermost one. Null within a container, which is no unit of its own. */
  readonly unit: string | null;
}

export const NO_PLACE: CgroupPlace = { container: null, runtime: null, podUid: null, unit: null };

const ID = '([0-9a-f]{64})';
/** By the step of the path that holds the id; the first that fits. What watches over a container (conmon) is none. */
const STEPS: readonly (readonly [RegExp, ContainerRuntime])[] = [
  [new RegExp(`^docker-${ID}\\.scope$`), 'docker'],
  [new RegExp(`^cri-containerd-${ID}\\.scope$`), 'containerd'],
  [new RegExp(`^nerdctl-${ID}\\.scope$`), 'containerd'],
  [new RegExp(`^crio-${ID}\\.scope$`), 'cri-o'],
  [new RegExp(`^libpod-${ID}(?:\\.scope)?$`), 'podman'],
  [/^lxc\.payload\.(.+)$/, 'lxc'],
  [/^machine-(.+)\.scope$/, 'nspawn'],
];
/** A bare id, whose runtime the step before it names. */
const BARE = new RegExp(`^${ID}$`);
/** As systemd has it, where `-` stands between steps and `_` for the `-` of the uid; and as a folder. */
const POD =
  /(?:^|-)pod([0-9a-f]{8}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{4}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?$/;

/** The path within cgroup v2, or the text of /proc/PID/cgroup, in which all paths are looked at. */
export function cgroupPlace(text: string): CgroupPlace {
  let best = NO_PLACE;
  for (const line of text.split('\n')) {
    const place = placeOf(/^\d+:[^:]*:(\/.*)$/.exec(line)?.[1] ?? line);
    if (place.container !== null) return place;
    if (best.podUid === null && (place.podUid !== null || best.unit === null)) best = place;
  }
  return best;
}

/** The path of cgroup v2 in /proc/PID/cgroup; null where there is none. */
export function cgroupPathOf(text: string): string | null {
  return /^0::(\/.*)$/m.exec(text)?.[1] ?? null;
}

function placeOf(path: string): CgroupPlace {
  let place = NO_PLACE;
  let before = '';
  for (const step of path.split('/')) {
    const podUid = POD.exec(step)?.[1]?.replaceAll('_', '-');
    if (podUid !== undefined) place = { ...place, podUid };
    const container = containerOf(step, before, place.podUid !== null);
    if (container !== null) return { ...place, ...container, unit: null };
    if (step.endsWith('.service')) place = { ...place, unit: unescaped(step) };
    before = step;
  }
  return place;
}

function containerOf(
  step: string,
  before: string,
  isInPod: boolean,
): Pick<CgroupPlace, 'container' | 'runtime'> | null {
  for (const [pattern, runtime] of STEPS) {
    const id = pattern.exec(step)?.[1];
    if (id !== undefined) return { container: runtime === 'nspawn' ? unescaped(id) : id, runtime };
  }
  if (before === 'lxc' && step !== '') return { container: step, runtime: 'lxc' };
  const id = BARE.exec(step)?.[1];
  if (id === undefined) return null;
  if (before === 'docker') return { container: id, runtime: 'docker' };
  if (before === 'libpod_parent') return { container: id, runtime: 'podman' };
  // Task and cluster of Amazon's agent stand before the container's id, which is Docker's.
  if (/^[0-9a-f]{32}$/.test(before)) return { container: id, runtime: 'ecs' };
  // With the cgroupfs driver containerd and CRI-O write alike.
  return { container: id, runtime: isInPod ? null : before === 'default' || before === 'moby' ? 'containerd' : null };
}

/** systemd writes what may not stand in a name as `\x2d`. */
function unescaped(name: string): string {
  return name.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
