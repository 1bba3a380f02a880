/** The map as a table, a page at a time. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { EdgeListQuery, EdgePage, EdgeRow } from '../../../api/shapes.ts';
import { ago, bytes, count, moment, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Bones, Empty, Failure } from '../../parts/states.tsx';
import { DestinationName, Entities, Risk, SourceName } from '../../parts/words.tsx';
import { ApiFailure } from '../../state/api.ts';
import { readEdges, readVocabulary } from '../../state/endpoints.ts';
import { tick } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { change, parameter } from '../../state/route.ts';

const SORTS = ['risk', 'calls', 'bytesOut', 'firstSeen', 'lastSeen'] as const;
type Sort = (typeof SORTS)[number];

interface Props {
  readonly filters: EdgeListQuery;
  readonly onChoose: (edge: string) => void;
}

interface Kept {
  readonly rows: readonly EdgeRow[] | null;
  readonly page: EdgePage | null;
  readonly failure: ApiFailure | null;
  readonly isLoading: boolean;
}

const EMPTY: Kept = { rows: null, page: null, failure: null, isLoading: true };
const PAGE = 100;

/** All pages so far, of one question. */
function useEdges(query: EdgeListQuery) {
  const key = JSON.stringify(query);
  const [kept, setKept] = useState<Kept>(EMPTY);
  const [again, setAgain] = useState(0);
  const shown = useRef('');
  const cause = `${tick.value} ${again}`;
  const fail = (error: unknown): void =>
    setKept((old) => ({
      ...old,
      isLoading: false,
      failure: error instanceof ApiFailure ? error : new ApiFailure(-1, String(error)),
    }));
  useEffect(() => {
    const abort = new AbortController();
    const isSame = shown.current === key && cause !== '';
    if (!isSame) setKept(EMPTY);
    shown.current = key;
    readEdges({ ...(JSON.parse(key) as EdgeListQuery), limit: PAGE }, abort.signal).then(
      (page) => {
        if (abort.signal.aborted) return;
        // What has grown meanwhile is put right in place; more pages stay as they are.
        setKept((old) => {
          const fresh = new Map(page.edges.map((row) => [row.id, row]));
          const isGrown = isSame && (old.rows?.length ?? 0) > PAGE;
          return isGrown
            ? {
                ...old,
                rows: old.rows?.map((row) => fresh.get(row.id) ?? row) ?? null,
                failure: null,
                isLoading: false,
              }
            : { rows: page.edges, page, failure: null, isLoading: false };
        });
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          setKept((old) => ({
            ...old,
            isLoading: false,
            failure: error instanceof ApiFailure ? error : new ApiFailure(-1, String(error)),
          }));
      },
    );
    return () => abort.abort();
  }, [key, cause]);
  const more = (): void => {
    const cursor = kept.page?.next;
    if (cursor == null || kept.isLoading) return;
    setKept((old) => ({ ...old, isLoading: true }));
    readEdges({ ...query, cursor, limit: PAGE }, null).then((page) => {
      if (shown.current !== key) return;
      setKept((old) => ({ rows: [...(old.rows ?? []), ...page.edges], page, failure: null, isLoading: false }));
    }, fail);
  };
  return { ...kept, more, reload: () => setAgain((times) => times + 1) };
}

export function EdgeTable({ filters, onChoose }: Props) {
  const sort: Sort = SORTS.find((one) => one === parameter('sort')) ?? 'risk';
  const edges = useEdges({ ...filters, sort });
  const vocabulary = useLoaded('vocabulary', readVocabulary).data;
  const categories = new Map((vocabulary?.entities ?? []).map(({ entity, category }) => [entity, category]));
  const { rows, failure, page, isLoading } = edges;
  if (rows === null) {
    return (
      <section class="card">
        {failure === null ? <Bones lines={8} /> : <Failure failure={failure} retry={edges.reload} />}
      </section>
    );
  }
  if (rows.length === 0) {
    return (
      <section class="card">
        <Empty icon="search" title="No flow is like that" />
      </section>
    );
  }
  return (
    <section class="card" aria-label="Flows">
      {/* It scrolls sideways on a narrow screen, and has to be reached for that. */}
      <div class="card-table">
        <table class="table edges">
          <caption class="unseen">Flows, sorted by {words(sort)}</caption>
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col">Destination</th>
              <th scope="col">Data</th>
              <Sortable name="risk" label="Risk" sort={sort} />
              <Sortable name="calls" label="Calls" sort={sort} />
              <Sortable name="bytesOut" label="Sent" sort={sort} />
              <Sortable name="firstSeen" label="First seen" sort={sort} />
              <Sortable name="lastSeen" label="Last seen" sort={sort} />
              <th scope="col">Seen by</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id}>
                <td>
                  <button type="button" class="link-cell" onClick={() => onChoose(row.id)}>
                    <SourceName source={row.source} />
                  </button>
                  {row.source.owner !== null && <div class="faint small">{row.source.owner}</div>}
                </td>
                <td>
                  <span class="faint" title={row.direction === 'out' ? 'sends to' : 'reads from'}>
                    {row.direction === 'out' ? '→' : '←'}
                    <span class="unseen">{row.direction === 'out' ? 'sends to' : 'reads from'}</span>
                  </span>{' '}
                  <DestinationName destination={row.destination} />
                  <div class="faint small">
                    {row.destination.category}
                    {row.destination.country !== null && `, ${row.destination.country}`}
                    {!row.destination.sanctioned && ', not sanctioned'}
                  </div>
                </td>
                <td>
                  <Entities
                    of={Object.entries(row.entities).map(([entity, times]) => ({
                      entity,
                      category: categories.get(entity) ?? null,
                      count: times,
                    }))}
                  />
                  {row.coverage.level !== 'full' && (
                    <div class="faint small">
                      {row.coverage.level === 'opaque' ? 'not readable' : 'read in part'}:{' '}
                      {words(row.coverage.reason ?? 'unknown')}
                    </div>
                  )}
                </td>
                <td class="number">
                  <Risk score={row.risk} />
                </td>
                <td class="number">{count(row.calls)}</td>
                <td class="number">{bytes(row.bytesOut)}</td>
                <td class="number" title={moment(row.firstSeen)}>
                  {row.isNew && (
                    <span class="badge" data-tone="accent">
                      new
                    </span>
                  )}{' '}
                  {ago(row.firstSeen, now.value)}
                </td>
                <td class="number" title={moment(row.lastSeen)}>
                  {ago(row.lastSeen, now.value)}
                </td>
                <td>{row.channels.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {page?.next != null && (
        <div class="queue-more">
          <button type="button" class="button" disabled={isLoading} onClick={edges.more}>
            {isLoading
              ? 'Loading'
              : `Show more (${count(rows.length)} of ${count(page.total.value)}${page.total.isExact ? '' : '+'})`}
          </button>
        </div>
      )}
    </section>
  );
}

function Sortable({ name, label, sort }: { readonly name: Sort; readonly label: string; readonly sort: Sort }) {
  return (
    <th scope="col" class="number" aria-sort={name === sort ? 'descending' : 'none'}>
      <button type="button" onClick={() => change({ sort: name === 'risk' ? null : name })}>
        {label} {name === sort && <Icon name="down" />}
      </button>
    </th>
  );
}
