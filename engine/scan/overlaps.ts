/**
 * One finding a value. Where several recognizers saw the same bytes, the best-evidenced is the finding and the others
 * are its alternatives; what a whole (a key block, a URL with a password) holds is not reported beside it.
 */
import { type Alternative, HIGH, MEDIUM, type TextFinding } from '../../flow/finding.ts';
import type { Sighting } from './passage.ts';

/** Words between a sighting and the nearest of its recognizer's words; Infinity where it has none near. */
export type WordDistance = (sighting: Sighting) => number;

/** Findings sorted by start, without overlaps. What was found encoded is kept in `decoded`: a finding holds no value. */
export function resolveOverlaps(
  sightings: readonly Sighting[],
  decoded: WeakMap<TextFinding, string> = new WeakMap(),
  distance: WordDistance | null = null,
): TextFinding[] {
  if (sightings.length === 0) return [];
  const only = sightings[0];
  if (sightings.length === 1 && only !== undefined) return [toFinding(only, [], decoded)];
  const byStart = [...sightings].sort((a, b) => a.start - b.start || b.end - a.end);
  const findings: TextFinding[] = [];
  let cluster: Sighting[] = [];
  let clusterEnd = -1;
  for (const sighting of byStart) {
    if (sighting.start >= clusterEnd && cluster.length > 0) {
      resolveCluster(cluster, decoded, distance, findings);
      cluster = [];
    }
    cluster.push(sighting);
    clusterEnd = Math.max(clusterEnd, sighting.end);
  }
  resolveCluster(cluster, decoded, distance, findings);
  return findings;
}

/** The findings together with the documents that hold them, sorted by start, what holds others before them. */
export function withWholes(wholes: readonly Sighting[], findings: readonly TextFinding[]): TextFinding[] {
  const all = [...wholes.map((whole) => toFinding(whole, [], new WeakMap())), ...findings];
  return all.sort((a, b) => a.start - b.start || b.end - a.end);
}

/** At most this many overlapping sightings are weighed against each other; a longer cluster is cut into such pieces. */
const MAX_CLUSTER = 64;

/** Adds the findings of sightings of which each overlaps another. */
function resolveCluster(
  cluster: readonly Sighting[],
  decoded: WeakMap<TextFinding, string>,
  distance: WordDistance | null,
  findings: TextFinding[],
): void {
  const first = cluster[0];
  if (cluster.length === 1 && first !== undefined) {
    findings.push(toFinding(first, NO_OTHERS, decoded));
    return;
  }
  const taken: { sighting: Sighting; others: Sighting[] }[] = [];
  let doneTo = -1;
  for (let at = 0; at < cluster.length; at += MAX_CLUSTER) {
    const piece = byRank(cluster.slice(at, at + MAX_CLUSTER));
    const chosen: { sighting: Sighting; others: Sighting[] }[] = [];
    for (const sighting of piece) {
      const winner = chosen.find((one) => one.sighting.start < sighting.end && sighting.start < one.sighting.end);
      if (winner !== undefined) {
        if (winner.sighting !== sighting && isSameValue(winner.sighting, sighting)) winner.others.push(sighting);
      } else if (sighting.start >= doneTo) chosen.push({ sighting, others: [] });
    }
    for (const one of chosen) doneTo = Math.max(doneTo, one.sighting.end);
    taken.push(...(distance === null ? chosen : chosen.map((one) => byNearestWord(one, distance))));
  }
  taken.sort((a, b) => a.sighting.start - b.sighting.start);
  for (const one of taken) findings.push(toFinding(one.sighting, one.others, decoded));
}

/** What a score may lack of the best for the word that stands nearest to decide. */
const AS_GOOD = 0.09;

/**
 * Of kinds of one value that are as well evidenced, the one whose word stands nearest: `UTR 8538787527` behind an NHS
 * number is no second NHS number. It has the score of the one that it goes before, as the place is evidence too.
 */
function byNearestWord(
  one: { readonly sighting: Sighting; readonly others: Sighting[] },
  distance: WordDistance,
): { sighting: Sighting; others: Sighting[] } {
  const { sighting, others } = one;
  const rivals = others.filter(
    (other) =>
      other.recognizer.entity !== sighting.recognizer.entity &&
      other.recognizer.context !== undefined &&
      other.score >= MEDIUM &&
      other.score >= HIGH === sighting.score >= HIGH &&
      other.score >= sighting.score - AS_GOOD &&
      other.start === sighting.start &&
      other.end === sighting.end,
  );
  if (rivals.length === 0 || sighting.score < MEDIUM || sighting.recognizer.context === undefined) return one;
  let best = sighting;
  let least = distance(sighting);
  for (const rival of rivals) {
    const away = distance(rival);
    if (away >= least) continue;
    best = rival;
    least = away;
  }
  if (best === sighting) return one;
  return { sighting: asGoodAs(best, sighting.score), others: [...others.filter((other) => other !== best), sighting] };
}

function asGoodAs(sighting: Sighting, score: number): Sighting {
  if (score <= sighting.score) return sighting;
  if (sighting.explanation === undefined) return { ...sighting, score };
  const weight = (Math.round(score * 100) - Math.round(Math.min(1, sighting.score) * 100)) / 100;
  const reason = { what: 'context', detail: 'its word stands nearer than those of other kinds', weight } as const;
  return { ...sighting, score, explanation: [...sighting.explanation, reason] };
}

/** A whole of medium or higher goes before all that it may hold, the longer whole before the shorter. */
function rank(sighting: Sighting): number {
  return sighting.recognizer.isWhole === true && sighting.score >= MEDIUM ? 2 : sighting.score;
}

/** What a score may lack, within its band, of that of a part of the same value. */
const NEARLY = 0.04;
const STEP = 0.001;

/**
 * Best first. Of two that are as sure the one that holds the other goes before it: the groups of a long number are
 * numbers of other kinds by chance.
 */
function byRank(piece: Sighting[]): Sighting[] {
  const lifted = new Map<Sighting, number>();
  for (const whole of piece) {
    if (whole.score < MEDIUM) continue;
    let most = rank(whole);
    for (const part of piece) {
      const isPart =
        whole.start <= part.start && part.end <= whole.end && part.end - part.start < whole.end - whole.start;
      if (isPart && part.score <= whole.score + NEARLY && part.score >= HIGH === whole.score >= HIGH)
        most = Math.max(most, rank(part) + STEP);
    }
    if (most > rank(whole)) lifted.set(whole, most);
  }
  const rankOf = (one: Sighting): number => lifted.get(one) ?? rank(one);
  return piece.sort((a, b) => rankOf(b) - rankOf(a) || byEvidence(a, b));
}

function byEvidence(a: Sighting, b: Sighting): number {
  // Of the same value read twice, the reading with the encoding undone.
  const decoded = Number(b.value !== undefined) - Number(a.value !== undefined);
  return rank(b) - rank(a) || b.end - b.start - (a.end - a.start) || decoded || b.score - a.score || a.start - b.start;
}

/** The same value seen as two kinds: one covers at least half of the other. */
function isSameValue(a: Sighting, b: Sighting): boolean {
  const shared = Math.min(a.end, b.end) - Math.max(a.start, b.start);
  return shared * 2 >= Math.max(a.end - a.start, b.end - b.start);
}

function toFinding(
  sighting: Sighting,
  others: readonly Sighting[],
  decoded: WeakMap<TextFinding, string>,
): TextFinding {
  const { recognizer, start, end } = sighting;
  const score = round(sighting.score);
  const finding = {
    entity: recognizer.entity,
    category: recognizer.category,
    start,
    end,
    score,
    recognizer: recognizer.name,
    // Of a table with a million values most are nothing else.
    alternatives:
      others.length === 0 && recognizer.alsoEntity === undefined ? NO_ALTERNATIVES : alternativesOf(sighting, others),
    ...(sighting.explanation === undefined ? {} : { explanation: sighting.explanation }),
  };
  if (sighting.value !== undefined) decoded.set(finding, sighting.value);
  return finding;
}

const NO_OTHERS: readonly Sighting[] = [];
const NO_ALTERNATIVES: readonly Alternative[] = [];

/** Other entities that the same value may be, the likeliest first. */
function alternativesOf({ recognizer, score }: Sighting, others: readonly Sighting[]): Alternative[] {
  const alternatives = new Map<string, number>();
  const offer = (entity: string | undefined, value: number): void => {
    if (entity === undefined || entity === recognizer.entity) return;
    alternatives.set(entity, Math.max(alternatives.get(entity) ?? 0, round(value)));
  };
  offer(recognizer.alsoEntity, score);
  for (const other of others) {
    offer(other.recognizer.entity, other.score);
    offer(other.recognizer.alsoEntity, other.score);
  }
  const listed: Alternative[] = [...alternatives].map(([entity, value]) => ({ entity, score: value }));
  return listed.sort((a, b) => b.score - a.score || (a.entity < b.entity ? -1 : 1));
}

function round(score: number): number {
  return Math.round(Math.min(1, score) * 100) / 100;
}
