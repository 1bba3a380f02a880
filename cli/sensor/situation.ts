/** How the sensor stands, for /readyz and for the console. */
import type { SensorSituation } from '../../console/api/situation.ts';
import type { Part } from '../../console/health.ts';
import type { SensorStanding } from './sensor-child.ts';

/** As a part of /readyz. Where nobody asked for it, it is none, unless it runs or ran. */
export function sensorPart(standing: SensorStanding | null, isNeeded: boolean): readonly Part[] {
  if (standing === null) return [];
  const { state, reason } = standing;
  if (state === 'running') return [{ name: 'sensor', problem: null }];
  if (!isNeeded && state !== 'failing') return [];
  return [{ name: 'sensor', problem: state === 'starting' ? 'starting' : (reason ?? 'it does not run') }];
}

export function sensorSituation(standing: SensorStanding | null): SensorSituation {
  if (standing === null) return { state: 'off', reason: null, kernel: null, attached: [], losses: [] };
  const { state, reason, kernel, probes, missing, losses } = standing;
  return {
    state: state === 'starting' ? 'off' : state,
    reason: state === 'starting' ? 'starting' : reason,
    kernel,
    attached: [
      ...probes.map(({ path, library, probes: count, stepped }) => ({
        name: `${library}: ${path}`,
        state: 'attached' as const,
        processes: 0,
        reason: stepped === 0 ? null : `${stepped} of ${count} probes are single-stepped by this kernel`,
      })),
      ...missing.map((text) => ({
        name: text.split(':')[0] ?? text,
        state: 'refused' as const,
        processes: 0,
        reason: text,
      })),
    ],
    losses: losses.map(({ what, count }) => ({ what, count })),
  };
}
