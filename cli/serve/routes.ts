/** The paths of the service, each as one function from a request to an answer. Presidio's two services stand on one port. */
import type { Coverage } from '../../flow/coverage.ts';
import type { Analyzer } from './analyze.ts';
import { anonymize, deanonymize } from './anonymize.ts';
import { isObject, type JsonObject } from './json-value.ts';
import { ANONYMIZER_NAMES, DEANONYMIZER_NAMES } from './operators.ts';
import { Refusal } from './refusal.ts';

export interface Answer {
  readonly status: number;
  readonly type: 'application/json' | 'text/plain; charset=utf-8';
  readonly body: string;
  /** What the client calls the request in its own logs; null where it said nothing that may be logged. */
  readonly correlation?: string | null;
  /** What was not looked at; absent where everything was. */
  readonly missing?: Coverage | null;
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** `body` is the parsed JSON of a POST; throws Refusal. */
  answer(body: unknown, query: URLSearchParams): Answer | Promise<Answer>;
}

/** By path. */
export function routesOf(analyzer: Analyzer): ReadonlyMap<string, Route> {
  const language = (query: URLSearchParams): string | null => query.get('language') || null;
  return new Map<string, Route>([
    ['/analyze', { method: 'POST', answer: (body) => analyzed(analyzer, objectOf(body)) }],
    ['/anonymize', post((body) => anonymize(nonEmpty(body)))],
    ['/deanonymize', post((body) => deanonymize(nonEmpty(body)))],
    ['/supportedentities', get((query) => analyzer.entities(language(query)))],
    ['/recognizers', get((query) => analyzer.recognizers(language(query)))],
    ['/anonymizers', get(() => ANONYMIZER_NAMES)],
    ['/deanonymizers', get(() => DEANONYMIZER_NAMES)],
    ['/health', { method: 'GET', answer: () => text('Weir service is up') }],
  ]);
}

export function json(value: unknown, status = 200): Answer {
  return { status, type: 'application/json', body: JSON.stringify(value) };
}

/** Errors as Presidio answers them: `{"error": …}`. */
export function refusalAnswer(refusal: Refusal): Answer {
  return json({ error: refusal.message }, refusal.status);
}

function text(body: string): Answer {
  return { status: 200, type: 'text/plain; charset=utf-8', body };
}

async function analyzed(analyzer: Analyzer, body: JsonObject): Promise<Answer> {
  let missing: Coverage | null = null;
  const results = await analyzer.analyze(body, (coverage) => {
    missing ??= coverage;
  });
  return { ...json(results), correlation: analyzer.correlation(body), missing };
}

function post(work: (body: JsonObject) => unknown): Route {
  return { method: 'POST', answer: (body) => json(work(objectOf(body))) };
}

function objectOf(body: unknown): JsonObject {
  if (!isObject(body)) throw new Refusal(400, 'Invalid request json');
  return body;
}

function get(work: (query: URLSearchParams) => unknown): Route {
  return { method: 'GET', answer: (_, query) => json(work(query)) };
}

function nonEmpty(body: JsonObject): JsonObject {
  if (Object.keys(body).length === 0) throw new Refusal(400, 'Invalid request json');
  return body;
}
