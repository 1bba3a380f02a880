/** Data that a page asks for: kept while it is asked for again, aborted when the page asks for something else or goes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiFailure } from './api.ts';

export interface Loaded<T> {
  /** The last that came for this key; null before. */
  readonly data: T | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
  reload(): void;
}

interface Kept<T> {
  readonly key: string;
  readonly data: T | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
}

interface Options {
  /** Asks again whenever it changes, without letting go of what is there. */
  readonly tick?: number;
  /** Keeps what another key brought until this one's is there, so that filters do not make a page blink. */
  readonly keepsOld?: boolean;
}

/** Calls `load` whenever `key` changes; a null key asks for nothing. */
export function useLoaded<T>(
  key: string | null,
  load: (signal: AbortSignal) => Promise<T>,
  { tick = 0, keepsOld = false }: Options = {},
): Loaded<T> {
  const [kept, setKept] = useState<Kept<T>>({ key: '', data: null, failure: null, isLoading: true });
  const [again, setAgain] = useState(0);
  const latest = useRef(load);
  latest.current = load;
  // biome reads `tick` and `again` as superfluous: they are the reasons to ask again.
  const cause = `${key} ${tick} ${again}`;
  useEffect(() => {
    if (key === null || cause === '') return;
    const abort = new AbortController();
    setKept((old) => ({
      key,
      data: old.key === key || keepsOld ? old.data : null,
      failure: null,
      isLoading: true,
    }));
    latest.current(abort.signal).then(
      (data) => {
        if (!abort.signal.aborted) setKept({ key, data, failure: null, isLoading: false });
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        const failure = error instanceof ApiFailure ? error : new ApiFailure(-1, String(error));
        setKept((old) => ({ key, data: old.data, failure, isLoading: false }));
      },
    );
    return () => abort.abort();
  }, [key, cause, keepsOld]);
  const isOwn = kept.key === key || keepsOld;
  return {
    data: isOwn ? kept.data : null,
    failure: isOwn ? kept.failure : null,
    isLoading: kept.isLoading || !isOwn,
    reload: () => setAgain((count) => count + 1),
  };
}
