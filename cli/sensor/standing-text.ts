/** How the sensor stands, in one line for a person. */
import type { SensorStanding } from './sensor-child.ts';

/** To be read behind `the sensor`. */
export function standingLine({ state, reason, fix, missing, kernel }: SensorStanding): string {
  const mend = fix === null ? '' : ` (${fix})`;
  switch (state) {
    case 'running':
      return `watches this host (${kernel ?? 'Linux'})${missing.length === 0 ? '' : `; without ${missing.join(', ')}`}`;
    case 'starting':
      return 'is starting';
    case 'failing':
      return `does not run now: ${reason ?? 'unknown reason'}`;
    case 'unavailable':
      return `is off: ${reason ?? 'this host does not allow it'}${mend}`;
  }
}
