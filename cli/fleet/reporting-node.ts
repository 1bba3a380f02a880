/**
 * A node of a fleet that runs no proxy: the sensor alone, a collector, the console. It says of itself what every node says, and has
 * what the others say for whoever asks. Without a bus it is silent; a bus that is away holds it up by seconds, and not for good.
 */
import { hostname } from 'node:os';
import type { Config } from '../../config/config.ts';
import type { ReadFleet } from '../../console/api/fleet-routes.ts';
import type { NodeIdentity } from '../../fleet/enrolment/node-files.ts';
import type { Figures } from '../../flow/figures.ts';
import type { NodePart } from '../../flow/node-report.ts';
import type { Recorder } from '../../flow/recorder.ts';
import type { Home } from '../../store/home.ts';
import { type ConfiguredBundle, followConfiguredBundle } from '../bundle/configured-bundle.ts';
import { asNode } from '../keeping.ts';
import { identityWhereJoined } from './member.ts';

export interface ReportingNodeOptions {
  readonly config: Config;
  readonly home: Home;
  readonly parts: () => readonly NodePart[];
  /** It judges by policies, or shows them: it takes up the bundle that its configuration names. */
  readonly hasPolicies: boolean;
  readonly log: (line: string) => void;
}

export interface ReportingNode {
  /** Null without a bus. */
  readonly read: ReadFleet | null;
  /** From now on what is told of the bundle is recorded, and what is taken up is loaded. */
  attach(recorder: Pick<Recorder, 'close'>, reload: () => Promise<void>): void;
  /** What was committed. */
  counted(figures: Figures): void;
  /** What it says of itself is different. */
  changed(): void;
  /** The bus knows it by this from now on. */
  take(identity: NodeIdentity): void;
  close(): Promise<void>;
}

/** Policies are to be read after it has resolved: a bundle that waits is taken up before. */
export async function startReportingNode(options: ReportingNodeOptions): Promise<ReportingNode> {
  const { config, home, parts, hasPolicies, log } = options;
  const settings = config.bus;
  const identity = await identityWhereJoined(home.path);
  const bus =
    settings === null
      ? null
      : new (await import('../../fleet/bus.ts')).Bus(asNode(settings, identity), { name: `weir ${hostname()}` });
  const bundle: ConfiguredBundle | null = hasPolicies ? await followConfiguredBundle(config, bus, log) : null;
  await bundle?.start();
  const fleet =
    bus === null
      ? null
      : (await import('./node-fleet.ts')).openNodeFleet({
          ...{ bus, config, home, name: identity?.name ?? null, parts, conversations: null },
          standing: () => bundle?.standing ?? { bundle: null, refused: null, held: null },
        });
  return {
    read: fleet?.read ?? null,
    attach: (recorder, reload) => bundle?.attach({ recorder, reload, onStanding: () => fleet?.standingChanged() }),
    counted: (figures) => fleet?.counted(figures),
    changed: () => fleet?.standingChanged(),
    take: (next) => {
      if (settings !== null) void bus?.take(asNode(settings, next));
    },
    close: async () => {
      fleet?.close();
      await bundle?.close();
      await bus?.close();
    },
  };
}
