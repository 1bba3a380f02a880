/**
 * `POST /analyze`, `GET /supportedentities` and `GET /recognizers`: the scanner's findings in the shape of Presidio's
 * analyzer, places in code points. It answers with places, kinds and scores; of a text it repeats nothing.
 */
import type { NameReader } from '../../engine/names/given.ts';
import { BUILT_IN } from '../../engine/recognizers/built-in.ts';
import { codePointOffsets } from '../../engine/scan/offsets.ts';
import type { Scanner } from '../../engine/scan/scanner.ts';
import { type Coverage, truncated } from '../../flow/coverage.ts';
import { MEDIUM, type TextFinding } from '../../flow/finding.ts';
import { type AdHocMatch, AdHocSets } from './ad-hoc.ts';
import { type AnalyzeRequest, checkLanguage, readAnalyzeRequest } from './analyze-request.ts';
import { type JsonObject, member } from './json-value.ts';
import { Refusal } from './refusal.ts';

/** As Presidio explains a result; null is what does not apply. */
interface Explanation {
  readonly recognizer: string;
  readonly pattern_name: string | null;
  readonly pattern: string | null;
  readonly original_score: number;
  readonly score: number;
  readonly textual_explanation: string | null;
  readonly score_context_improvement: number;
  readonly supportive_context_word: string;
  /** True where a check passed. */
  readonly validation_result: true | null;
}

export interface AnalysisResult {
  readonly entity_type: string;
  /** Code points, end exclusive. */
  readonly start: number;
  readonly end: number;
  readonly score: number;
  readonly analysis_explanation: Explanation | null;
  readonly recognition_metadata: { readonly recognizer_name: string; readonly recognizer_identifier: string };
}

/** The same in bytes, while it is worked on. */
type Result = Omit<AnalysisResult, 'recognition_metadata'> & { readonly recognizer: string };

export interface AnalyzerOptions {
  readonly scanner: Scanner;
  /** Asks the model for names, for all texts of a request at once; null or absent without one. */
  readonly readNames?: NameReader | null;
  /** Threshold of a request that sets none. It does not hold for ad hoc recognizers, whose author gave the scores. */
  readonly minScore?: number;
  /** Told once for each entity that is asked for and known to nobody. */
  readonly onUnknownEntity?: (entity: string) => void;
}

export interface Analyzer {
  /**
   * A list of results, best first; for a list of texts a list of such lists. `onTruncated` is called where not all that
   * is encoded in a text could be looked at, or not all of it was read by the model. Rejects with Refusal.
   */
  analyze(
    body: JsonObject,
    onTruncated: (missing: Coverage) => void,
  ): Promise<readonly AnalysisResult[] | readonly (readonly AnalysisResult[])[]>;
  /** Throws Refusal for what is no language; null asks without one. */
  entities(language: string | null): readonly string[];
  recognizers(language: string | null): readonly string[];
  /** The `correlation_id` of a request, where it is plain and nothing is found in it: it goes to the log. */
  correlation(body: JsonObject): string | null;
}

export function createAnalyzer(options: AnalyzerOptions): Analyzer {
  const { scanner, minScore = MEDIUM, readNames = null } = options;
  const sets = new AdHocSets();
  const entities = supported(scanner);
  const known = new Set(entities);
  const named = new Set<string>();

  /** Of those asked for at least one must be known, or an answer without results would look like a clean text. */
  const checkEntities = (request: AnalyzeRequest): void => {
    if (request.entities === null) return;
    const own = new Set([...known, ...(request.adHoc?.entities ?? [])]);
    const unknown = [...request.entities].filter((entity) => !own.has(entity));
    if (unknown.length === request.entities.size) {
      throw new Refusal(500, 'No matching recognizers were found to serve the request.');
    }
    for (const entity of unknown) {
      // A name comes from outside: only one that looks like a name is repeated, and only so many are kept.
      if (named.has(entity) || named.size >= 1000 || !/^[A-Z][A-Z0-9_]{1,63}$/.test(entity)) continue;
      named.add(entity);
      options.onUnknownEntity?.(entity);
    }
  };

  return {
    async analyze(body, onTruncated) {
      const request = readAnalyzeRequest(body, sets);
      checkEntities(request);
      const texts = request.texts.map((text) => Buffer.from(text, 'utf8'));
      const read = readNames === null ? null : await readNames(texts);
      if (read?.isWhole === false) onTruncated(truncated('model'));
      const hints = { label: request.label, role: null, isExplained: request.isExplained };
      const onLimit = (): void => onTruncated(truncated('limit'));
      const results = texts.map((text, at) => {
        const found = scanner.scan(text, { ...hints, onTruncated: onLimit, names: read?.names[at] ?? [] });
        return resultsIn(text, found, request, scanner, minScore);
      });
      return request.isBatch ? results : (results[0] ?? []);
    },
    entities(language) {
      if (language !== null) checkLanguage(language);
      return entities;
    },
    recognizers(language) {
      if (language !== null) checkLanguage(language);
      return scanner.recognizers.map((one) => one.name);
    },
    correlation(body) {
      const id = member(body, 'correlation_id');
      if (typeof id !== 'string' || !/^[\w.:-]{1,64}$/.test(id)) return null;
      return scanner.scan(Buffer.from(id), { label: null, role: null }).length === 0 ? id : null;
    },
  };
}

/** What the recognizers in use report, with the wider kinds that some of it is as well. */
function supported(scanner: Scanner): readonly string[] {
  const names = new Set(scanner.recognizers.map((one) => one.name));
  const wider = BUILT_IN.filter((one) => names.has(one.name)).flatMap((one) => one.alsoEntity ?? []);
  return [...new Set([...scanner.recognizers.map((one) => one.entity), ...wider])].sort();
}

function resultsIn(
  bytes: Buffer,
  found: readonly TextFinding[],
  request: AnalyzeRequest,
  scanner: Scanner,
  minScore: number,
): readonly AnalysisResult[] {
  const least = request.scoreThreshold ?? minScore;
  const results: Result[] = [];
  for (const finding of found) {
    const result = builtIn(finding, request);
    if (result === null || result.score < least) continue;
    // Of what was found in something encoded, the value is what it decodes to.
    if (request.isAllowed?.(scanner.valueOf(bytes, finding)) !== true) results.push(result);
  }
  const isWanted = (entity: string): boolean => request.entities?.has(entity) ?? true;
  for (const match of request.adHoc?.find(bytes, request.context, isWanted) ?? []) {
    if (match.score >= (request.scoreThreshold ?? 0)) results.push(adHoc(match, request.isExplained));
  }
  const kept = withoutDuplicates(results).filter(
    ({ start, end }) => request.isAllowed?.(bytes.toString('utf8', start, end)) !== true,
  );
  return inCodePoints(kept, bytes).sort((a, b) => b.score - a.score || a.start - b.start || b.end - a.end);
}

/** A finding by its entity, or, where that is not asked for, by the best alternative that is; null where none is. */
function builtIn(finding: TextFinding, request: AnalyzeRequest): Result | null {
  const wanted = request.entities;
  const seen =
    wanted === null || wanted.has(finding.entity)
      ? { entity: finding.entity, score: finding.score }
      : finding.alternatives.find((other) => wanted.has(other.entity));
  if (seen === undefined) return null;
  const { start, end, recognizer } = finding;
  return {
    entity_type: seen.entity,
    start,
    end,
    score: seen.score,
    recognizer,
    analysis_explanation: request.isExplained ? explained(finding, seen) : null,
  };
}

/** Steps of a score that context took are told apart from what the value has by itself. */
function explained(finding: TextFinding, seen: { readonly entity: string; readonly score: number }): Explanation {
  const reasons = seen.entity === finding.entity ? (finding.explanation ?? []) : [];
  const context = reasons.filter((reason) => reason.what === 'context');
  const lifted = rounded(context.reduce((sum, reason) => sum + reason.weight, 0));
  const steps = reasons.map(({ what, detail, weight }) => `${what}: ${detail} (${weight})`);
  const others = finding.alternatives.filter((other) => other.entity !== seen.entity);
  const also = others.map((other) => `it may be ${other.entity} (${other.score})`);
  const [, word = ''] = /the word "([^"]*)"/.exec(context[0]?.detail ?? '') ?? [];
  return {
    recognizer: finding.recognizer,
    pattern_name: null,
    pattern: null,
    original_score: rounded(seen.score - lifted),
    score: seen.score,
    textual_explanation: [`Found by Weir's recognizer ${finding.recognizer}`, ...steps, ...also].join('; '),
    score_context_improvement: lifted,
    supportive_context_word: lifted > 0 ? word : '',
    validation_result: reasons.some((reason) => reason.what === 'validator') ? true : null,
  };
}

function adHoc(match: AdHocMatch, isExplained: boolean): Result {
  const { entity, start, end, score, originalScore, recognizer, patternName, pattern, contextWord } = match;
  const explanation: Explanation = {
    recognizer,
    pattern_name: patternName,
    pattern,
    original_score: originalScore,
    score,
    textual_explanation: `Found by a pattern of ${recognizer}`,
    score_context_improvement: rounded(score - originalScore),
    supportive_context_word: contextWord,
    validation_result: null,
  };
  return { entity_type: entity, start, end, score, recognizer, analysis_explanation: isExplained ? explanation : null };
}

function rounded(score: number): number {
  return Math.round(score * 1e6) / 1e6;
}

/** Of the results of one entity, one inside another of at least its score goes. */
function withoutDuplicates(results: readonly Result[]): readonly Result[] {
  const open = new Map<string, Result[]>();
  const kept: Result[] = [];
  for (const result of results.toSorted((a, b) => a.start - b.start || b.end - a.end || b.score - a.score)) {
    // Matches of one pattern do not overlap, so that no more stay open than there are patterns.
    const before = (open.get(result.entity_type) ?? []).filter((one) => one.end > result.start);
    if (!before.some((one) => one.end >= result.end && one.score >= result.score)) {
      before.push(result);
      kept.push(result);
    }
    open.set(result.entity_type, before);
  }
  return kept;
}

function inCodePoints(results: readonly Result[], text: Buffer): AnalysisResult[] {
  const places = [...new Set(results.flatMap(({ start, end }) => [start, end]))].sort((a, b) => a - b);
  const offsets = codePointOffsets(text, places);
  const pointOf = new Map(places.map((place, index) => [place, offsets[index] ?? 0]));
  return results.map(({ recognizer, ...result }) => ({
    ...result,
    start: pointOf.get(result.start) ?? 0,
    end: pointOf.get(result.end) ?? 0,
    recognition_metadata: { recognizer_name: recognizer, recognizer_identifier: `weir:${recognizer}` },
  }));
}
