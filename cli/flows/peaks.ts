/** The busiest day of each flow, from the roll-ups: what a baseline allows, and what drift is measured by. */
import type { PeakOf } from '../../map/baseline.ts';
import type { StoreReader } from '../../store/store-reader.ts';

const DAY_MS = 86_400_000;
/** Days (UTC) that are looked at, today among them. */
const DAYS = 14;

interface Busy {
  readonly channel: string;
  readonly calls: number[];
  readonly bytes: number[];
}

/** Of the last days, or of those since a moment. Edges of one channel add up; two channels saw the same calls. */
export async function busiestDays(reader: StoreReader, now: Date, since: Date | null): Promise<PeakOf> {
  const busy = new Map<string, Busy>();
  const today = Math.floor(now.getTime() / DAY_MS);
  for (let back = 0; back < DAYS; back++) {
    const start = new Date((today - back) * DAY_MS);
    const until = new Date((today - back + 1) * DAY_MS);
    if (since !== null && until <= since) break;
    for (const { id, channel, calls, bytesOut, bytesIn } of await reader.map({ since: start, until })) {
      const known = busy.get(id) ?? { channel, calls: [], bytes: [] };
      busy.set(id, known);
      known.calls[back] = calls;
      known.bytes[back] = bytesOut + bytesIn;
    }
  }
  return (edges) => {
    const days = edges.map((id) => busy.get(id)).filter((one) => one !== undefined);
    if (days.length === 0) return null;
    const byChannel = [...Map.groupBy(days, ({ channel }) => channel).values()];
    const peak = (of: (one: Busy) => readonly number[]) =>
      Math.max(
        ...Array.from({ length: DAYS }, (_, day) =>
          Math.max(...byChannel.map((alike) => alike.reduce((sum, one) => sum + (of(one)[day] ?? 0), 0))),
        ),
      );
    return { calls: peak(({ calls }) => calls), bytes: peak(({ bytes }) => bytes) };
  };
}
