/**
 * Blocked prompts: a queue on the left, one event on the right, and keys for both. What is chosen and how it is filtered
 * stands in the address.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ACTIONS, SEVERITIES } from '../../../../flow/decision.ts';
import { REVIEW_STATES, type ReviewState } from '../../../../flow/event.ts';
import type { EventCounts, EventQuery, EventRow } from '../../../api/shapes.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ago, count, moment, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { FilterBar, FilterMenu } from '../../parts/menu.tsx';
import { Page, RangeOrAllChoice } from '../../parts/page.tsx';
import { focusSearch, SearchField } from '../../parts/search.tsx';
import { useShortcuts } from '../../parts/shortcuts.ts';
import { Bones, Empty, Failure } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { ActionBadge, DestinationName, Entities, ReviewBadge, SeverityBadge, SourceName } from '../../parts/words.tsx';
import { countEvents, readVocabulary, reviewEvent } from '../../state/endpoints.ts';
import { tick } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { type Queue, useQueue } from '../../state/queue.ts';
import { chosenRangeOrAll, momentsOf } from '../../state/range.ts';
import { change, chosen, parameter, parameters } from '../../state/route.ts';
import { may } from '../../state/session.ts';
import { EventPane } from './event-pane.tsx';

/** `all` is every state; without one, what is open. */
function statesChosen(): readonly ReviewState[] {
  const state = parameter('state', 'open');
  return REVIEW_STATES.filter((one) => one === state);
}

/** What the filters of the address ask for. Blocked ones unless other actions are chosen. */
function filters(): EventQuery {
  const actions = chosen('action', ACTIONS);
  const range = chosenRangeOrAll();
  const isObserved = parameter('observed') === '1';
  return {
    q: parameter('q') || undefined,
    kind: ['exchange', 'bypass'],
    action: actions.length > 0 ? actions : ['block'],
    ...(isObserved ? { observed: true } : {}),
    review: statesChosen(),
    severity: chosen('severity', SEVERITIES),
    app: parameters('app'),
    entity: parameters('entity'),
    policy: parameters('policy'),
    // To the minute, so that the list is not asked for anew with every glance.
    ...(range === null ? {} : { from: momentsOf(range, Math.floor(now.value / 60_000) * 60_000).from }),
  };
}

const TABS: readonly (ReviewState | 'all')[] = [
  'open',
  'needs_action',
  'confirmed',
  'false_positive',
  'accepted_risk',
  'all',
];

function Tabs({ counts }: { readonly counts: EventCounts | null }) {
  const state = parameter('state', 'open');
  return (
    <fieldset class="segmented tabs" aria-label="State of review">
      {TABS.map((tab) => {
        const number = tab === 'all' ? null : (counts?.byReview[tab] ?? null);
        return (
          <button
            type="button"
            key={tab}
            aria-pressed={state === tab}
            onClick={() => change({ state: tab === 'open' ? null : tab, event: null }, 'push')}
          >
            {words(tab)}
            {number !== null && number > 0 && <span class="tab-count">{count(number)}</span>}
          </button>
        );
      })}
    </fieldset>
  );
}

function Filters({ problem, counts }: { readonly problem: string | null; readonly counts: EventCounts | null }) {
  const vocabulary = useLoaded('vocabulary', readVocabulary).data;
  return (
    <FilterBar
      isNarrowed={['action', 'severity', 'entity', 'app', 'policy'].some((name) => parameters(name).length > 0)}
      search={
        <SearchField
          label="Search the queue"
          placeholder="Search: app:billing entity:CREDIT_CARD host:*.openai.com"
          problem={problem}
          vocabulary={vocabulary}
        />
      }
    >
      <FilterMenu
        name="action"
        label="Action"
        choices={ACTIONS.toReversed().map((value) => ({ value, count: counts?.byAction[value] ?? null }))}
      />
      <FilterMenu
        name="severity"
        label="Severity"
        choices={SEVERITIES.toReversed().map((value) => ({ value, count: counts?.bySeverity[value] ?? null }))}
      />
      <FilterMenu
        name="entity"
        label="Data"
        choices={(vocabulary?.entities ?? []).map(({ entity }) => ({ value: entity }))}
      />
      <FilterMenu name="app" label="App" choices={(vocabulary?.apps ?? []).map((value) => ({ value }))} />
      <FilterMenu
        name="policy"
        label="Policy"
        choices={(vocabulary?.policies ?? []).map(({ name }) => ({ value: name }))}
      />
    </FilterBar>
  );
}

interface RowProps {
  readonly row: EventRow;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
}

function Row({ row, isChosen, onChoose }: RowProps) {
  const element = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isChosen) element.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  return (
    <li>
      <button
        type="button"
        class="queue-row"
        ref={element}
        aria-current={isChosen ? 'true' : undefined}
        data-severity={row.severity ?? 'none'}
        onClick={onChoose}
      >
        <span class="queue-line">
          <Entities of={row.entities} most={2} />
          <time class="faint small" dateTime={row.time} title={moment(row.time)}>
            {ago(row.time, now.value)}
          </time>
        </span>
        <span class="queue-line">
          <span class="one-line">
            <SourceName source={row.source} /> <span class="faint">→</span>{' '}
            <DestinationName destination={row.destination} />
          </span>
        </span>
        <span class="queue-line">
          <ActionBadge action={row.action} enforced={row.enforced} />
          <SeverityBadge severity={row.severity} />
          {row.review !== 'open' && <ReviewBadge state={row.review} />}
        </span>
      </button>
    </li>
  );
}

const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['j', 'next event'],
  ['k', 'the one before'],
  ['c', 'confirmed'],
  ['f', 'false positive'],
  ['a', 'accepted risk'],
  ['n', 'needs action'],
  ['u', 'open again'],
  ['m', 'write a note'],
  ['o', 'open the excerpt'],
  ['/', 'search'],
  ['?', 'this help'],
];

function KeysHelp({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="muted small">A review is saved at once with the note that stands beside it, and can be taken back.</p>
    </Dialog>
  );
}

const DONE: Readonly<Record<ReviewState, string>> = {
  open: 'Open again',
  confirmed: 'Confirmed',
  false_positive: 'False positive',
  accepted_risk: 'Accepted risk',
  needs_action: 'Needs action',
};

/** How long a note that was asked for waits for the event to be drawn. */
const NOTE_PATIENCE_MS = 5000;

export function BlockedPage() {
  const query = filters();
  const [reviewed, setReviewed] = useState(0);
  const queue = useQueue(query, tick.value);
  const counts = useLoaded(JSON.stringify(query), (abort) => countEvents(query, abort), {
    tick: tick.value + reviewed,
    keepsOld: true,
  }).data;
  const [isHelp, setHelp] = useState(false);
  const [written, setWritten] = useState<{ readonly event: string; readonly text: string } | null>(null);
  const [proposalFor, setProposalFor] = useState<string | null>(null);
  const noteField = useRef<HTMLTextAreaElement | null>(null);
  // Asked for before the event is drawn: what is typed next belongs into the note, and must not act as keys.
  const noteAsked = useRef(Number.NEGATIVE_INFINITY);
  const takeNoteField = (field: HTMLTextAreaElement | null): void => {
    noteField.current = field;
    if (field === null || !isNoteAsked()) return;
    noteAsked.current = Number.NEGATIVE_INFINITY;
    field.focus();
  };
  const isNoteAsked = (): boolean => performance.now() - noteAsked.current < NOTE_PATIENCE_MS;
  const openButton = useRef<HTMLButtonElement>(null);
  const rows = queue.rows ?? [];
  const id = parameter('event') || null;
  const at = rows.findIndex((row) => row.id === id);
  // A key may come before what it is pressed on is drawn: what the address says now is what is meant.
  const chosenNow = (): string | null => parameter('event') || null;
  const placeNow = (): number => rows.findIndex((row) => row.id === chosenNow());
  const noteOf = (event: string): string => (written?.event === event ? written.text : '');

  // Beside the list there is room for an event: the first is shown without asking.
  const [first] = rows;
  useEffect(() => {
    if (id === null && first !== undefined && matchMedia('(min-width: 861px)').matches) change({ event: first.id });
  }, [id, first]);

  const choose = (event: string | null): void => {
    change({ event });
  };
  const step = (by: number): void => {
    const to = placeNow() + by;
    const next = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (next !== undefined) choose(next.id);
    if (to >= rows.length - 3) queue.more();
  };

  const save = async (event: string, state: ReviewState, text: string): Promise<boolean> => {
    try {
      const { review } = await reviewEvent(event, { state, note: text.trim() === '' ? null : text.trim() });
      queue.replace(event, (row) => ({ ...row, review: review.state, reviewedBy: review.by }));
      setReviewed((times) => times + 1);
      return true;
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), 'problem');
      return false;
    }
  };
  const review = async (state: ReviewState): Promise<void> => {
    const event = chosenNow();
    if (event === null) return;
    const row = rows[placeNow()];
    if (!may('reviewer')) return say('Your role reads only. A reviewer can review.', 'problem');
    const before = row?.review ?? 'open';
    if (!(await save(event, state, noteOf(event)))) return;
    setWritten(null);
    say(`${DONE[state]}: ${row?.entities[0]?.entity ?? 'the event'}`, 'done', {
      label: 'Undo',
      run: () => void save(event, before, ''),
    });
    if (state === 'false_positive') setProposalFor(event);
    // Whoever has gone on meanwhile stays where they are.
    else if (state !== 'open' && chosenNow() === event) step(1);
  };

  useShortcuts(
    {
      j: () => step(1),
      k: () => step(-1),
      c: () => void review('confirmed'),
      f: () => void review('false_positive'),
      a: () => void review('accepted_risk'),
      n: () => void review('needs_action'),
      u: () => void review('open'),
      m: () => {
        if (id === chosenNow() && noteField.current !== null) noteField.current.focus();
        else noteAsked.current = performance.now();
      },
      o: () => openButton.current?.click(),
      '/': focusSearch,
      '?': () => setHelp(true),
      Escape: () => {
        noteAsked.current = Number.NEGATIVE_INFINITY;
        if (matchMedia('(max-width: 860px)').matches) choose(null);
      },
    },
    (key) => key !== 'Escape' && isNoteAsked(),
  );

  return (
    <Page
      title="Blocked prompts"
      tools={
        <>
          <RangeOrAllChoice />
          <button type="button" class="button wide-only" onClick={() => setHelp(true)}>
            <Icon name="keyboard" /> Keys <kbd>?</kbd>
          </button>
        </>
      }
    >
      <Tabs counts={counts} />
      <Filters problem={queue.problem} counts={counts} />
      <div class="queue" data-open={id !== null}>
        <section class="card queue-list" aria-label="Queue">
          <QueueList queue={queue} chosen={id} onChoose={choose} />
        </section>
        <section class="card queue-detail" aria-label="Event">
          {id === null ? (
            <Empty icon="blocked" title="No event is chosen">
              <p>
                Choose one, or press <kbd>j</kbd>.
              </p>
            </Empty>
          ) : (
            <EventPane
              key={id}
              id={id}
              row={rows[at] ?? null}
              note={noteOf(id)}
              noteField={takeNoteField}
              openButton={openButton}
              isProposing={proposalFor === id}
              onNote={(text) => setWritten({ event: id, text })}
              onReview={(state) => void review(state)}
              onPropose={(is) => setProposalFor(is ? id : null)}
              onBack={() => choose(null)}
            />
          )}
        </section>
      </div>
      {isHelp && <KeysHelp onClose={() => setHelp(false)} />}
    </Page>
  );
}

interface ListProps {
  readonly queue: Queue;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

function QueueList({ queue, chosen: id, onChoose }: ListProps) {
  const { rows, failure, hasMore, isLoading } = queue;
  if (rows === null) {
    return failure === null ? <Bones lines={8} /> : <Failure failure={failure} retry={queue.reload} />;
  }
  if (rows.length === 0) {
    const isAllOpen =
      parameter('state', 'open') === 'open' && parameters('action').length === 0 && parameter('q') === '';
    return isAllOpen ? (
      <Empty title="Nothing waits for a review">
        <p>What policies block appears here as it happens.</p>
      </Empty>
    ) : (
      <Empty icon="search" title="No event is like that">
        <button
          type="button"
          class="button"
          onClick={() =>
            change({
              q: null,
              action: null,
              severity: null,
              entity: null,
              app: null,
              policy: null,
              range: null,
              state: 'all',
            })
          }
        >
          Take the filters off
        </button>
      </Empty>
    );
  }
  return (
    <>
      <ul class="queue-rows">
        {rows.map((row) => (
          <Row key={row.id} row={row} isChosen={row.id === id} onChoose={() => onChoose(row.id)} />
        ))}
      </ul>
      {hasMore && (
        <div class="queue-more">
          <button type="button" class="button" disabled={isLoading} onClick={queue.more}>
            {isLoading ? 'Loading' : 'Show older ones'}
          </button>
        </div>
      )}
    </>
  );
}
