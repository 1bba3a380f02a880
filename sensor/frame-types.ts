/** What the loader's frames say, as plain objects: what frames.ts reads out of their bytes. */

/** A process, told from a later one with its number by its start (nanoseconds since the boot). */
export interface Task {
  readonly tgid: number;
  readonly tid: number;
  readonly startNs: number;
}

export type TlsLibrary = 'openssl' | 'gnutls' | 'go' | 'nss' | 'boringssl' | 'rustls' | 'unknown';
export type TlsRole = 'unknown' | 'client' | 'server';

export interface TlsHandle {
  readonly address: number;
  readonly generation: number;
  readonly library: TlsLibrary;
  readonly role: TlsRole;
  /** It was there before it was listened to. */
  readonly isLate: boolean;
}

export interface Part {
  readonly id: number;
  readonly name: string;
  readonly state: 'off' | 'on' | 'refused';
  readonly rung: 'none' | 'perf' | 'multi';
  readonly error: number;
  readonly reason: string;
}

/** Of one kind and CPU, since the loader began. */
export interface Counts {
  readonly kind: 'process' | 'socket' | 'packet' | 'tls' | 'other';
  readonly cpu: number;
  readonly seen: number;
  readonly submitted: number;
  readonly ringFull: number;
  readonly oversized: number;
  readonly mapFull: number;
  readonly fault: number;
  readonly filtered: number;
}

export interface Ends {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
}

interface OfTask {
  readonly task: Task;
}

export interface OfHandle extends OfTask {
  readonly handle: TlsHandle;
}

export interface HelloFrame {
  readonly type: 'hello';
  readonly abi: number;
  readonly cpus: number;
  readonly ringBytes: number;
  readonly capabilities: bigint;
  readonly cgroup: number;
  readonly pid: number;
  readonly mayAttachSteering: boolean;
  readonly kernel: string;
  readonly parts: readonly Part[];
}

export interface AttachFrame {
  readonly type: 'attach';
  readonly attachment: bigint;
  readonly offset: number;
  readonly pid: number;
  readonly state: 'attached' | 'detached' | 'refused';
  readonly library: TlsLibrary;
  readonly probe: 'entry' | 'inside' | 'return' | 'ret' | 'other';
  readonly isStepped: boolean;
  readonly buildId: string;
  readonly path: string;
  readonly function: string;
  readonly reason: string;
}

export interface LibraryFrame extends OfTask {
  readonly type: 'library';
  readonly attachment: bigint;
  readonly library: TlsLibrary;
  readonly verdict: 'probed' | 'opaque' | 'refused';
  readonly path: string;
  readonly reason: string;
}

export interface ExecFrame extends OfTask {
  readonly type: 'exec';
  readonly parent: number;
  readonly parentStartNs: number;
  readonly cgroup: number;
  readonly uid: number;
  readonly comm: string;
  readonly exe: string;
  readonly args: readonly string[];
}

export interface ConnectFrame extends OfTask {
  readonly type: 'connect';
  readonly cookie: number;
  readonly cgroup: number;
  readonly netns: number;
  readonly uid: number;
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
  readonly comm: string;
  readonly isOwn: boolean;
  readonly isSteered: boolean;
  readonly isBlocked: boolean;
}

export interface AcceptFrame extends OfTask, Ends {
  readonly type: 'accept';
  readonly cookie: number;
  readonly netns: number;
}

export interface StateFrame extends OfTask, Ends {
  readonly type: 'state';
  readonly cookie: number;
  readonly protocol: 'tcp' | 'udp';
  readonly role: TlsRole;
  readonly state: 'established' | 'closed' | 'listening' | 'other';
  readonly bytesSent: number;
  readonly bytesReceived: number;
  readonly durationMs: number;
  readonly error: number;
}

export interface PacketFrame extends OfTask, Ends {
  readonly type: 'packet';
  readonly cookie: number;
  readonly sequence: number;
  readonly total: number;
  readonly protocol: 'tcp' | 'udp';
  readonly role: TlsRole;
  readonly way: 'out' | 'in';
  readonly why: 'first' | 'sample' | 'follow' | 'dns' | 'other';
  readonly isSyn: boolean;
  readonly isFin: boolean;
  readonly isMessageStart: boolean;
  readonly bytes: Buffer;
}

export interface TlsDataFrame extends OfHandle {
  readonly type: 'tls-data';
  readonly attachment: bigint;
  /** Of the socket; 0 where it is not known. */
  readonly cookie: number;
  readonly offset: number;
  readonly sequence: number;
  readonly call: number;
  readonly at: number;
  readonly total: number;
  readonly way: 'out' | 'in';
  readonly isLast: boolean;
  readonly isTruncated: boolean;
  readonly isPending: boolean;
  readonly isPeek: boolean;
  readonly bytes: Buffer;
}

export interface SteerFrame extends OfTask {
  readonly type: 'steered' | 'blocked';
  readonly cookie: number;
  readonly why: 'policy' | 'lease' | 'quic' | 'none';
  readonly address: string;
  readonly port: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export type FrameBody =
  | HelloFrame
  | { readonly type: 'clock'; readonly wallNs: number; readonly bootNs: number }
  | { readonly type: 'loss'; readonly counts: readonly Counts[] }
  | AttachFrame
  | LibraryFrame
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | { readonly type: 'reply'; readonly sequence: number; readonly error: number; readonly text: string }
  | ({
      readonly type: 'origin';
      readonly sequence: number;
      readonly error: number;
      readonly cookie: number;
      readonly address: string;
      readonly port: number;
    } & OfTask)
  /** Which network namespace the loader is in, as CONNECT names it; 0 where it is not known. */
  | { readonly type: 'netns'; readonly netns: number }
  | ExecFrame
  | ({ readonly type: 'fork'; readonly child: Task } & OfTask)
  | ({ readonly type: 'exit'; readonly code: number } & OfTask)
  | ConnectFrame
  | AcceptFrame
  | StateFrame
  | PacketFrame
  | ({ readonly type: 'tls-open'; readonly attachment: bigint; readonly cookie: number } & OfHandle)
  | ({ readonly type: 'tls-name'; readonly name: string; readonly verdict: number } & OfHandle)
  | TlsDataFrame
  | ({
      readonly type: 'tls-done';
      readonly offset: number;
      readonly call: number;
      readonly taken: number;
      readonly way: 'out' | 'in';
    } & OfHandle)
  | ({
      readonly type: 'tls-close';
      readonly bytesOut: number;
      readonly bytesIn: number;
      readonly why: 'freed' | 'cleared' | 'renamed' | 'other';
    } & OfHandle)
  | ({ readonly type: 'tls-socket'; readonly cookie: number } & OfHandle)
  | SteerFrame;

/** `ktimeNs` is CLOCK_MONOTONIC. */
export type SensorFrame = FrameBody & { readonly ktimeNs: number };
