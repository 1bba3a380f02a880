/** Who sends and who receives. */

/** A workload that sends. Unknown is null. */
export interface Source {
  readonly app: string | null;
  /** True when the app label came with its token, or was given by what the process is (`apps[].match`). */
  readonly verified: boolean;
  readonly host: string | null;
  readonly pid: number | null;
  readonly process: string | null;
  readonly exe: string | null;
  readonly user: string | null;
  readonly container: string | null;
  /** Keyed fingerprint of what the call authenticates with at its destination; an edge has none. */
  readonly credential: string | null;
  /**
   * Who the client's certificate says that it is, where the proxy's listener checked one: a URI of its alternative names
   * (`spiffe://…`), else its subject (RFC 4514). An edge has none; absent or null where there was none.
   */
  readonly subject?: string | null;
  /** What the sensor knows besides; absent or null where nobody looked. */
  readonly workload?: Workload | null;
}

/** A source of which nothing is known but what is given. */
export function bareSource(known: Partial<Source> = {}): Source {
  return {
    app: null,
    verified: false,
    host: null,
    pid: null,
    process: null,
    exe: null,
    user: null,
    container: null,
    credential: null,
    ...known,
  };
}

/** Where on its host a process stands, for people who look for it. Unknown is null or empty. */
export interface Workload {
  /** As it was started, secrets replaced; an edge has none. */
  readonly args: readonly string[];
  /** Names of the processes above it, the nearest first; an edge has none. */
  readonly parents: readonly string[];
  /** Its path within cgroup v2. */
  readonly cgroup: string | null;
  /** Unit of systemd. */
  readonly unit: string | null;
  /** `docker`, `containerd`, `cri-o`, `podman` … */
  readonly runtime: string | null;
  readonly image: string | null;
  readonly pod: Pod | null;
}

/** What of a source an edge keeps: what is the same for all processes of a workload. */
export function edgeSource(source: Source): Source {
  const { workload } = source;
  const { subject: _, ...bare } = { ...source, pid: null, credential: null };
  return workload == null ? bare : { ...bare, workload: { ...workload, args: [], parents: [] } };
}

/** A pod of Kubernetes. `workload` is what it belongs to: `deployment/billing`. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
  readonly workload: string | null;
}

export const DESTINATION_CATEGORIES = ['genai', 'saas', 'datastore', 'cdn', 'internal', 'unknown'] as const;
export type DestinationCategory = (typeof DESTINATION_CATEGORIES)[number];

/** Where data goes. `host` is canonical: lower case, no trailing dot, punycode; an IPv6 address without brackets. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  readonly vendor: string | null;
  readonly category: DestinationCategory;
  readonly country: string | null;
  /** True only by an entry under `destinations` of the configuration. */
  readonly sanctioned: boolean;
}

export const CHANNELS = ['proxy', 'sensor', 'log'] as const;
export type Channel = (typeof CHANNELS)[number];
