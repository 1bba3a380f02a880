/** How much of a message was looked at. What was not inspected is said here, never passed over in silence. */

export const COVERAGE_LEVELS = ['full', 'truncated', 'opaque'] as const;
export type CoverageLevel = (typeof COVERAGE_LEVELS)[number];

/** `reason` is a short fixed word such as `encoded`, `media`, `tunnelled`, `limit`, `unparsed`; null when there is none. */
export interface Coverage {
  readonly level: CoverageLevel;
  readonly reason: string | null;
}

export const FULL: Coverage = { level: 'full', reason: null };

export function opaque(reason: string): Coverage {
  return { level: 'opaque', reason };
}

export function truncated(reason: string): Coverage {
  return { level: 'truncated', reason };
}

const RANK: Readonly<Record<CoverageLevel, number>> = { full: 0, truncated: 1, opaque: 2 };

/** The lesser coverage of two; of two alike, the one that names a reason. */
export function worseCoverage(a: Coverage, b: Coverage): Coverage {
  if (RANK[b.level] !== RANK[a.level]) return RANK[b.level] > RANK[a.level] ? b : a;
  return a.reason === null ? b : a;
}

/** `opaque: encoded`, `full`. */
export function coverageText(coverage: Coverage): string {
  return coverage.reason === null ? coverage.level : `${coverage.level}: ${coverage.reason}`;
}
