/** The bundle that the configuration names, followed: what is told of it goes into the records as soon as there are some. */
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import { packageVersion } from '../../config/package-root.ts';
import type { Recorder } from '../../flow/recorder.ts';
import { newUlid } from '../../store/ulid.ts';
import { adminEvent } from '../reload.ts';
import { BundleFollower } from './bundle-follower.ts';

export interface ConfiguredBundle {
  /** Looks for the newest, so that the start judges by it, and goes on looking. Bounded in time; never rejects. */
  start(): Promise<void>;
  /** From now on what is told is recorded, and what is taken up is loaded. */
  attach(to: Attached): void;
  close(): void;
}

interface Attached {
  readonly recorder: Pick<Recorder, 'close'>;
  readonly reload: () => Promise<void>;
}

/** Null where the configuration names none. */
export function followConfiguredBundle(config: Config, log: (line: string) => void): ConfiguredBundle | null {
  if (config.bundle === null) return null;
  const host = hostname();
  const waiting: string[] = [];
  let attached: Attached | null = null;
  const record = (text: string, to: Attached): void => {
    const event = adminEvent({ policy: null, version: null, text }, newUlid(), new Date(), host);
    try {
      to.recorder.close({ event, edges: [], excerpt: null });
    } catch (error) {
      log(`weir: ${error instanceof Error ? error.message : 'the event cannot be kept'}`);
    }
  };
  const follower = new BundleFollower({
    config: config.bundle,
    home: config.home,
    nodeId: host,
    engine: packageVersion(),
    now: () => new Date(),
    onTold: (text) => {
      if (attached === null) waiting.push(text);
      else record(text, attached);
    },
    onTaken: () => void attached?.reload(),
    log,
  });
  return {
    start: () => follower.start(),
    attach: (to) => {
      attached = to;
      for (const text of waiting.splice(0)) record(text, to);
    },
    close: () => follower.close(),
  };
}
