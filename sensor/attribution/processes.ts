/**
 * The processes of this host as sources: what the kernel told when they began, and what /proc and the container's runtime say
 * while they live. A process that has ended is remembered for a while, since what it said may still be on its way. Each
 * is read once, and all of them are bounded.
 */
import { basename } from 'node:path';
import type { AppLabel } from '../../engine/decide/app-match.ts';
import type { Source, Workload } from '../../flow/parties.ts';
import { type CgroupPlace, cgroupPathOf, cgroupPlace } from '../../wire/cgroup-place.ts';
import { linkOf, textOf } from '../../wire/proc-files.ts';
import type { ExecFrame, Task } from '../frame-types.ts';
import type { ContainerFacts } from './container-facts.ts';

export interface ProcessesOptions {
  /** Where /proc is. */
  readonly procRoot: string;
  readonly hostname: string;
  readonly cgroupPath: (id: number) => string | null;
  /** Null where nobody knows; may come to know later. */
  readonly container: (id: string, place: CgroupPlace) => ContainerFacts | null;
  readonly userName: (uid: number) => string;
  readonly shownArguments: (args: readonly string[]) => readonly string[];
  readonly label: (facts: {
    readonly exe: string | null;
    readonly process: string | null;
    readonly user: string | null;
    readonly container: string | null;
    readonly image: string | null;
    readonly cgroup: string | null;
    readonly pod: string | null;
  }) => AppLabel | null;
}

interface Known {
  readonly tgid: number;
  readonly startNs: number;
  parent: number;
  comm: string | null;
  exe: string | null;
  args: readonly string[];
  uid: number | null;
  cgroup: string | null;
  /** Anew after each exec. */
  source: Source | null;
  endedAt: number | null;
}

const MAX_KNOWN = 20_000;
const REMEMBERED_MS = 60_000;
const MAX_PARENTS = 8;
const TICK_NS = 10_000_000;
const NO_TASK = 0;

export class Processes {
  readonly #options: ProcessesOptions;
  /** By number; a later process with the same number takes the place of the earlier. */
  readonly #known = new Map<number, Known>();

  constructor(options: ProcessesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#known.size;
  }

  exec(frame: ExecFrame): void {
    const { tgid, startNs } = frame.task;
    const known: Known = {
      tgid,
      startNs,
      parent: frame.parent,
      comm: frame.comm,
      exe: frame.exe.startsWith('/') ? frame.exe : null,
      args: frame.args,
      uid: frame.uid,
      cgroup: this.#options.cgroupPath(frame.cgroup),
      source: null,
      endedAt: null,
    };
    this.#read(known, false);
    this.#keep(known);
  }

  fork(parent: Task, child: Task): void {
    const above = this.#known.get(parent.tgid);
    if (above === undefined || above.startNs !== parent.startNs) return;
    const { comm, exe, args, uid, cgroup } = above;
    const { tgid, startNs } = child;
    this.#keep({ tgid, startNs, parent: parent.tgid, comm, exe, args, uid, cgroup, source: null, endedAt: null });
  }

  exit(task: Task, atMs: number): void {
    const known = this.#known.get(task.tgid);
    if (known !== undefined && known.startNs === task.startNs) known.endedAt = atMs;
  }

  /** Forgets those that have ended a while ago. */
  settle(nowMs: number): void {
    for (const [tgid, { endedAt }] of this.#known) {
      if (endedAt !== null && nowMs - endedAt > REMEMBERED_MS) this.#known.delete(tgid);
    }
  }

  /** Apps, or what is shown of arguments, have changed: what is made from now on is made anew. */
  renew(): void {
    for (const known of this.#known.values()) known.source = null;
  }

  /** The same object as long as nothing changes. `hint`: what the record itself knew of the process. */
  sourceOf(task: Task, hint: { readonly comm?: string; readonly uid?: number; readonly cgroup?: number } = {}): Source {
    if (task.tgid === NO_TASK) {
      return hint.uid === undefined ? this.#nobody : { ...this.#nobody, user: this.#options.userName(hint.uid) };
    }
    const known = this.#find(task, hint);
    known.source ??= this.#make(known);
    return known.source;
  }

  get #nobody(): Source {
    return {
      app: null,
      verified: false,
      host: this.#options.hostname,
      pid: null,
      process: null,
      exe: null,
      user: null,
      container: null,
      credential: null,
    };
  }

  #find(
    { tgid, startNs }: Task,
    hint: { readonly comm?: string; readonly uid?: number; readonly cgroup?: number },
  ): Known {
    const before = this.#known.get(tgid);
    if (before !== undefined && before.startNs === startNs) return before;
    const known: Known = {
      tgid,
      startNs,
      parent: 0,
      comm: hint.comm ?? null,
      exe: null,
      args: [],
      uid: hint.uid ?? null,
      cgroup: hint.cgroup === undefined ? null : this.#options.cgroupPath(hint.cgroup),
      source: null,
      endedAt: null,
    };
    this.#read(known, true);
    this.#keep(known);
    return known;
  }

  #keep(known: Known): void {
    this.#known.delete(known.tgid);
    this.#known.set(known.tgid, known);
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size > MAX_KNOWN) this.#known.delete(oldest);
  }

  /** From /proc, while it is the same process that is there. */
  #read(known: Known, isWhole: boolean): void {
    const folder = `${this.#options.procRoot}/${known.tgid}`;
    const stat = statOf(textOf(`${folder}/stat`));
    if (stat === null || (known.startNs !== 0 && stat.startTicks !== Math.floor(known.startNs / TICK_NS))) return;
    known.exe = linkOf(`${folder}/exe`).replace(/ \(deleted\)$/, '') || known.exe;
    known.cgroup = cgroupPathOf(textOf(`${folder}/cgroup`)) ?? known.cgroup;
    known.parent = stat.parent;
    if (!isWhole) return;
    known.comm = stat.comm;
    const args = textOf(`${folder}/cmdline`).split('\0');
    if (args.at(-1) === '') args.pop();
    known.args = args;
    const [, uid] = /^Uid:\s+\d+\s+(\d+)/m.exec(textOf(`${folder}/status`)) ?? [];
    if (uid !== undefined) known.uid = Number(uid);
  }

  #make(known: Known): Source {
    const { hostname, container: containerOf, userName, shownArguments, label } = this.#options;
    const { exe, cgroup, uid, comm } = known;
    const place = cgroupPlace(cgroup ?? '');
    const facts = place.container === null ? null : containerOf(place.container, place);
    // Node calls its first thread MainThread, and so its process: there the program's file says more.
    const process = comm === 'MainThread' && exe !== null ? basename(exe) : comm || null;
    const user = uid === null ? null : userName(uid);
    const pod = facts?.pod ?? null;
    const image = facts?.image ?? null;
    const { container } = place;
    const podName = pod === null ? null : `${pod.namespace}/${pod.name}`;
    const named = label({ exe, process, user, container, image, cgroup, pod: podName });
    const workload: Workload = {
      args: shownArguments(known.args),
      parents: this.#parentsOf(known),
      cgroup,
      unit: place.unit,
      runtime: facts?.runtime ?? place.runtime,
      image,
      pod,
    };
    return {
      app: named?.app ?? null,
      verified: named?.verified ?? false,
      host: hostname,
      pid: known.tgid,
      process,
      exe,
      user,
      container,
      credential: null,
      workload,
    };
  }

  #parentsOf(known: Known): readonly string[] {
    const names: string[] = [];
    let tgid = known.parent;
    while (tgid > 0 && names.length < MAX_PARENTS) {
      const above = this.#known.get(tgid);
      const stat = statOf(textOf(`${this.#options.procRoot}/${tgid}/stat`));
      const name = stat?.comm ?? above?.comm ?? null;
      if (name === null) break;
      names.push(name);
      tgid = stat?.parent ?? above?.parent ?? 0;
    }
    return names;
  }
}

/** Of /proc/PID/stat; the name is in brackets and may hold anything. */
function statOf(text: string): { readonly comm: string; readonly parent: number; readonly startTicks: number } | null {
  const end = text.lastIndexOf(')');
  if (end === -1) return null;
  const fields = text.slice(end + 2).split(' ');
  return {
    comm: text.slice(text.indexOf('(') + 1, end),
    parent: Number(fields[1] ?? 0),
    startTicks: Number(fields[19] ?? 0),
  };
}
