/**
 * Weir in this process with a home of its own, a stand-in for every provider behind it, and what was recorded. Each
 * test file starts its own and closes it; nothing is shared and nothing outside the temporary folder is touched.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Script, type StandIn, startStandIn } from '../../cli/demo/stand-in.ts';
import { type RunningWeir, startWeir } from '../../cli/start.ts';
import { loadConfig } from '../../config/load.ts';
import type { Edge } from '../../flow/edge.ts';
import type { WeirEvent } from '../../flow/event.ts';
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { openReader } from '../../store/reader.ts';
import { providerAnswers } from './provider-answers.ts';
import { connectPlain } from './wire.ts';

export const OPENAI = 'api.openai.com';
export const ANTHROPIC = 'api.anthropic.com';
export const GEMINI = 'generativelanguage.googleapis.com';
/** A host that no catalog entry and no rule names. */
export const UNNAMED = 'files.weir-test.example';

/** Keys as in weir.yaml; `proxy` is merged one level deep. */
export interface Settings {
  readonly script?: Script;
  /** Starts the console's listener, on a free port. */
  readonly console?: boolean;
  /** Changes of the configuration's and the policies' files are taken up. */
  readonly reloads?: boolean;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Processes that carry the traffic; 1, that of the test, unless given. */
  readonly workers?: number;
  /** What the stand-in speaks, the best first; HTTP/1.1 unless given. */
  readonly alpn?: readonly string[];
  /** Further `host:port` that lead to the stand-in. */
  readonly hosts?: readonly string[];
  /** The environment that the configuration is read with. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Place {
  /** Removed by `remove`. */
  readonly folder: string;
  readonly home: string;
  readonly configFile: string;
  readonly standIn: StandIn;
  remove(): Promise<void>;
}

export interface UnderTest extends Place {
  readonly weir: RunningWeir;
  readonly port: number;
  /** The certificate (PEM) that clients of the proxy trust. */
  readonly ca: string;
  /** All events, oldest first, once there are at least `count` of them; fails after 3 s without. */
  events(count: number): Promise<readonly WeirEvent[]>;
  /** The event of an answer by its x-weir-event header. */
  event(id: string | null): Promise<WeirEvent>;
  /** The first event of which `is` holds, once it is there. */
  eventWhere(what: string, is: (event: WeirEvent) => boolean): Promise<WeirEvent>;
  /** What was recorded while `work` ran, between two calls of its own that leave a record each. */
  recordsOf(work: () => Promise<unknown>): Promise<readonly WeirEvent[]>;
  edges(): Promise<readonly Edge[]>;
  close(): Promise<void>;
}

/** A stand-in and a weir.yaml that leads to it, without starting Weir: for tests that start the command. */
export async function makePlace(settings: Settings = {}): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'));
  const home = join(folder, 'home');
  mkdirSync(home, { mode: 0o700 });
  const authority = loadOrCreateAuthority(join(folder, 'provider-ca'));
  const standIn = await startStandIn(authority, settings.script ?? providerAnswers(), settings.alpn);
  const caFile = join(folder, 'provider-ca.pem');
  writeFileSync(caFile, authority.certPem);
  const names = [OPENAI, ANTHROPIC, GEMINI, UNNAMED].map((name) => `${name}:443`).concat(settings.hosts ?? []);
  const resolve = Object.fromEntries(names.map((name) => [name, standIn.address]));
  const { proxy, ...rest } = settings.config ?? {};
  const own = typeof proxy === 'object' && proxy !== null ? { ...proxy } : {};
  const ownUpstream = 'upstream' in own && typeof own.upstream === 'object' ? own.upstream : {};
  const ownResolve = 'resolve' in own && typeof own.resolve === 'object' ? own.resolve : {};
  const config = {
    home,
    proxy: {
      listen: '127.0.0.1:0',
      workers: 1,
      ...own,
      upstream: { ca: [caFile], ...ownUpstream },
      resolve: { ...resolve, ...ownResolve },
    },
    sensor: { enabled: false },
    console: { listen: '127.0.0.1:0' },
    ...rest,
  };
  const configFile = join(folder, 'weir.yaml');
  // JSON is YAML, and needs no quoting rules here.
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  const remove = async (): Promise<void> => {
    await standIn.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, home, configFile, standIn, remove };
}

/** Starts Weir on a free port with `makePlace`'s configuration. */
export async function startUnderTest(settings: Settings = {}): Promise<UnderTest> {
  const place = await makePlace(settings);
  try {
    const read = () => loadConfig({ file: place.configFile, env: settings.env ?? {}, cwd: place.folder });
    const config = read();
    const { workers = 1 } = settings;
    const reloading = settings.reloads === true ? { read } : {};
    const isConsole = settings.console === true;
    const weir = await startWeir(config, { workers, port: 0, eventLog: null, console: isConsole, ...reloading });
    return {
      ...place,
      weir,
      port: weir.port,
      ca: readFileSync(weir.caPath, 'utf8'),
      events: (count) => eventsOf(place.home, count),
      event: (id) => eventOf(place.home, id),
      eventWhere: (what, is) => poll(what, () => readEvents(place.home).find(is) ?? null),
      async recordsOf(work) {
        const from = await eventOf(place.home, await leaveMark(weir.port));
        await work();
        const to = await eventOf(place.home, await leaveMark(weir.port));
        return (await eventsOf(place.home, 0)).filter(({ seq }) => seq > from.seq && seq < to.seq);
      },
      async edges() {
        const reader = openReader(place.home);
        try {
          return [...reader.edges({})];
        } finally {
          reader.close();
        }
      },
      async close() {
        await weir.close();
        await place.remove();
      },
    };
  } catch (error) {
    await place.remove();
    throw error;
  }
}

/** A call that the proxy itself refuses, with a record; its event's id. */
async function leaveMark(port: number): Promise<string | null> {
  const wire = await connectPlain(port);
  wire.write('GET /mark HTTP/1.1\r\nHost: mark.weir-test.example\r\n\r\n');
  const answer = await wire.answer();
  wire.destroy();
  return answer.header('x-weir-event');
}

/** All events of a home, oldest first, once there are at least `count`. */
export async function eventsOf(home: string, count: number): Promise<readonly WeirEvent[]> {
  return poll(`${count} events`, () => {
    const found = readEvents(home);
    return found.length >= count ? found : null;
  });
}

async function eventOf(home: string, id: string | null): Promise<WeirEvent> {
  return poll(
    `event ${id ?? '(no x-weir-event header)'}`,
    () => readEvents(home).find((event) => event.id === id) ?? null,
  );
}

function readEvents(home: string): WeirEvent[] {
  const reader = openReader(home);
  try {
    return [...reader.events({})].sort((a, b) => a.seq - b.seq);
  } finally {
    reader.close();
  }
}

/** The writer commits in groups within 50 ms, and nothing tells a reader: so it looks again until then, at most 3 s. */
async function poll<T>(what: string, look: () => T | null): Promise<T> {
  const until = performance.now() + 20_000;
  for (;;) {
    const found = look();
    if (found !== null) return found;
    if (performance.now() > until) throw new Error(`not recorded within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
