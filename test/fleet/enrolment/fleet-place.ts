/** A centre on loopback with homes that join it, and a clock for each that a test may set. */
import { createSecretKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Attempts } from '../../../console/api/attempts.ts';
import { Centre } from '../../../fleet/enrolment/centre.ts';
import { FleetFiles } from '../../../fleet/enrolment/fleet-files.ts';
import { joinFleet } from '../../../fleet/enrolment/join-fleet.ts';
import { type RunningListener, startListener } from '../../../fleet/enrolment/listener.ts';
import { Membership } from '../../../fleet/enrolment/membership.ts';
import type { Role } from '../../../fleet/enrolment/terms.ts';
import { type JoinToken, newTokenSecret, secretDigest } from '../../../fleet/enrolment/token-text.ts';
import { type Home, openHome } from '../../../store/home.ts';
import { afterwards, temporaryFolder } from '../../store/samples.ts';

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export interface Clock {
  /** How far it is ahead, ms. */
  ahead: number;
}

export interface TestMember {
  readonly membership: Membership;
  readonly told: string[];
  readonly said: string[];
}

export interface TestFleet {
  readonly files: FleetFiles;
  readonly clock: Clock;
  readonly address: string;
  /** What the centre has told, for the records. */
  readonly told: string[];
  token(options?: Partial<{ role: Role; uses: number; lifeMs: number; node: string | null }>): JoinToken;
  home(name: string): Home;
  join(home: Home, name: string, token?: JoinToken, clock?: Clock): ReturnType<typeof joinFleet>;
  member(home: Home, clock?: Clock): TestMember;
  rotate(fromMs: number): void;
  /** The listener away, until `back`. */
  away(): Promise<void>;
  back(): Promise<void>;
}

export async function startFleet(t: TestContext): Promise<TestFleet> {
  const folder = temporaryFolder(t);
  const clock: Clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const files = new FleetFiles(openHome(join(folder, 'centre')).path);
  const told: string[] = [];
  files.create({ address: '127.0.0.1:1', lifeMs: 30 * DAY_MS, syncMs: 300_000, interception: 'own' }, new Date(now()));
  const centre = new Centre({ files, now, tell: (text) => void told.push(text) });
  const attempts = new Attempts();
  const start = (at: number): Promise<RunningListener> =>
    startListener({ host: '127.0.0.1', port: at, centre, attempts, log: (line) => void told.push(line) });
  let running: RunningListener | null = await start(0);
  const { port } = running;
  const address = `127.0.0.1:${port}`;
  files.changeSettings({ address });
  afterwards(t, async () => await running?.close());
  const fleet: TestFleet = {
    ...{ files, clock, address, told },
    token: ({ role = 'proxy', uses = 1, lifeMs = HOUR_MS, node = null } = {}) => {
      const { id, secret } = newTokenSecret();
      const created = new Date(now()).toISOString();
      const expires = new Date(now() + lifeMs).toISOString();
      const kept = { id, sha256: secretDigest(secret), role, label: null, node, joined: [], usesLeft: uses };
      files.putToken({ ...kept, created, expires });
      return { address, pin: files.pin(), id, secret };
    },
    home: (name) => openHome(join(folder, name)),
    join: (home, name, token = fleet.token(), own = { ahead: 0 }) =>
      joinFleet({ home, token, name, version: '0.1.0', now: () => Date.now() + own.ahead }),
    member: (home, own = clock) => {
      const [events, said]: [string[], string[]] = [[], []];
      const membership = Membership.of({
        ...{ paths: home, version: '0.1.0', now: () => Date.now() + own.ahead },
        tell: (text) => void events.push(text),
        log: (line) => void said.push(line),
      });
      if (membership === null) throw new Error('this home has not joined');
      return { membership, told: events, said };
    },
    rotate: (fromMs) => {
      const keys = files.fingerprintKeys();
      const epoch = (keys.at(-1)?.epoch ?? 0) + 1;
      files.writeFingerprintKeys([...keys, { epoch, fromMs, key: createSecretKey(randomBytes(32)) }]);
    },
    away: async () => {
      await running?.close();
      running = null;
    },
    back: async () => {
      running = await start(port);
    },
  };
  return fleet;
}
