/** The membership of a running Weir in its fleet: asks the centre, renews, and says on record what somebody should know. */
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import { Membership } from '../../fleet/enrolment/membership.ts';
import type { NodeIdentity } from '../../fleet/enrolment/node-files.ts';
import { bareEvent } from '../../flow/bare-event.ts';
import { WeirError } from '../../flow/errors.ts';
import type { EventBody } from '../../flow/event.ts';
import { bareSource } from '../../flow/parties.ts';
import type { HomePaths } from '../../store/home.ts';
import { newUlid } from '../../store/ulid.ts';
import { takeInterception } from './interception.ts';

export interface RunningMember {
  readonly membership: Membership;
  close(): void;
}

/** Null where home has joined no fleet. A damaged identity is said, and holds nothing up. */
export function startMember(
  config: Config,
  paths: HomePaths,
  record: (event: EventBody) => void,
  log: (line: string) => void,
  onIdentity?: (identity: NodeIdentity) => void,
): RunningMember | null {
  const host = hostname();
  const tell = (text: string, isGrave: boolean): void => {
    const about = {
      reason: text,
      severity: isGrave ? ('high' as const) : ('info' as const),
      source: bareSource({ host }),
    };
    try {
      record(bareEvent({ id: newUlid(), kind: 'admin', time: new Date().toISOString(), ...about }));
    } catch (error) {
      log(`weir: ${error instanceof Error ? error.message : 'the event cannot be kept'}`);
    }
  };
  const say = (text: string): void => log(`weir: ${text}`);
  const { intercept } = config.proxy;
  try {
    const membership = Membership.of({
      ...{ paths, version: packageVersion(), now: Date.now, tell, log },
      onInterception: (news) => takeInterception(paths.caFolder, news, intercept, say),
      ...(onIdentity === undefined ? {} : { onIdentity }),
    });
    membership?.start();
    return membership === null ? null : { membership, close: () => membership.close() };
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    tell(`this node cannot take part in its fleet: ${error.message}`, true);
    say(`this node cannot take part in its fleet: ${error.message}; it goes on with what it has`);
    return null;
  }
}
