/** The map's filters between address and API. */
import { CHANNELS } from '../../../../flow/parties.ts';
import type { MapQuery } from '../../../api/shapes.ts';
import { momentsOf, RANGES } from '../../state/range.ts';
import { chosen, parameter, parameters } from '../../state/route.ts';

export const GROUPS = ['none', 'app', 'owner', 'host', 'vendor', 'category', 'country'] as const;
export type Group = (typeof GROUPS)[number];

/** Names of the parameters that narrow the map. */
export const FILTERS = ['class', 'app', 'owner', 'vendor', 'category', 'country', 'host', 'channel'] as const;

/** How many marks there are at either side unless more are asked for. */
export const USUAL_LIMIT = 11;

/** A day of the address as a moment; undefined for anything else. */
function momentOfDay(name: string): string | undefined {
  const text = parameter(name);
  const time = /^\d{4}-\d\d-\d\d(T[\d:.]+Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : new Date(time).toISOString();
}

function sanctioned(): boolean | undefined {
  const text = parameter('sanctioned');
  return text === 'yes' ? true : text === 'no' ? false : undefined;
}

/** What the address asks for, of edges; `now` to the minute, so that the same address is the same question for a while. */
export function edgeFilters(now: number): Omit<MapQuery, 'group' | 'limit'> {
  const range = RANGES.find(({ key }) => key === parameter('new'));
  return {
    q: parameter('q') || undefined,
    class: parameters('class'),
    app: parameters('app'),
    owner: parameters('owner'),
    vendor: parameters('vendor'),
    category: parameters('category'),
    country: parameters('country'),
    host: parameters('host'),
    channel: chosen('channel', CHANNELS),
    sanctioned: sanctioned(),
    newSince: range === undefined ? undefined : momentsOf(range, Math.floor(now / 60_000) * 60_000).from,
    from: momentOfDay('from'),
    to: momentOfDay('to'),
  };
}

export function limitChosen(): number {
  const limit = Number(parameter('limit', String(USUAL_LIMIT)));
  return Number.isInteger(limit) ? Math.min(200, Math.max(5, limit)) : USUAL_LIMIT;
}

export function mapFilters(now: number): MapQuery {
  return { ...edgeFilters(now), group: chosen('group', GROUPS)[0], limit: limitChosen() };
}
