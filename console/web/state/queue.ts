/**
 * A list of events that grows downwards a page at a time and upwards by itself: what is new comes in above, what has
 * changed changes in place, and nothing that one looks at goes away until other filters are chosen.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EventQuery, EventRow } from '../../api/shapes.ts';
import { ApiFailure } from './api.ts';
import { readEvents } from './endpoints.ts';

export interface Queue {
  /** Null until the first page is there. */
  readonly rows: readonly EventRow[] | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
  readonly hasMore: boolean;
  /** What of the search was not understood. */
  readonly problem: string | null;
  more(): void;
  reload(): void;
  /** Puts another state of an event in its place. */
  replace(id: string, change: (row: EventRow) => EventRow): void;
}

interface Kept {
  readonly rows: readonly EventRow[] | null;
  readonly next: string | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
  readonly problem: string | null;
}

const EMPTY: Kept = { rows: null, next: null, failure: null, isLoading: true, problem: null };
const PAGE = 50;

/** Those of `fresh` that are known take their place, the others come first. */
function merged(kept: readonly EventRow[], fresh: readonly EventRow[]): readonly EventRow[] {
  const byId = new Map(fresh.map((row) => [row.id, row]));
  const known = new Set(kept.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...kept.map((row) => byId.get(row.id) ?? row)];
}

function failureOf(error: unknown): ApiFailure {
  return error instanceof ApiFailure ? error : new ApiFailure(-1, String(error));
}

export function useQueue(query: EventQuery, tick: number): Queue {
  const key = JSON.stringify(query);
  const [kept, setKept] = useState<Kept>(EMPTY);
  const [again, setAgain] = useState(0);
  const shown = useRef('');
  const isFetchingMore = useRef(false);
  const cause = `${tick} ${again}`;
  useEffect(() => {
    const abort = new AbortController();
    const isSame = shown.current === key && cause !== '';
    if (!isSame) setKept(EMPTY);
    shown.current = key;
    readEvents({ ...(JSON.parse(key) as EventQuery), limit: PAGE }, abort.signal).then(
      ({ events, next, problem }) => {
        if (abort.signal.aborted) return;
        setKept((old) =>
          isSame && old.rows !== null
            ? { ...old, rows: merged(old.rows, events), failure: null, isLoading: false, problem }
            : { rows: events, next, failure: null, isLoading: false, problem },
        );
      },
      (error: unknown) => {
        if (!abort.signal.aborted) setKept((old) => ({ ...old, failure: failureOf(error), isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [key, cause]);

  const more = (): void => {
    if (kept.next === null || isFetchingMore.current) return;
    isFetchingMore.current = true;
    setKept((old) => ({ ...old, isLoading: true }));
    readEvents({ ...query, cursor: kept.next, limit: PAGE }, null)
      .then(
        ({ events, next }) => {
          if (shown.current !== key) return;
          setKept((old) => {
            const known = new Set(old.rows?.map(({ id }) => id));
            return {
              ...old,
              rows: [...(old.rows ?? []), ...events.filter(({ id }) => !known.has(id))],
              next,
              isLoading: false,
            };
          });
        },
        (error: unknown) => setKept((old) => ({ ...old, failure: failureOf(error), isLoading: false })),
      )
      .finally(() => {
        isFetchingMore.current = false;
      });
  };
  return {
    rows: kept.rows,
    failure: kept.failure,
    isLoading: kept.isLoading,
    hasMore: kept.next !== null,
    problem: kept.problem,
    more,
    reload: () => setAgain((times) => times + 1),
    replace: (id, change) =>
      setKept((old) => ({ ...old, rows: old.rows?.map((row) => (row.id === id ? change(row) : row)) ?? null })),
  };
}
