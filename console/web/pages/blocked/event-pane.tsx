/** One event whole: what was found and where, why it was decided so, who sent it to whom, and what people did about it. */
import type { RefObject } from 'preact';
import { useState } from 'preact/hooks';
import type { ReviewState } from '../../../../flow/event.ts';
import type { EventDetail, EventHistory, EventRow, Excerpt } from '../../../api/shapes.ts';
import { copyText } from '../../parts/controls.tsx';
import { ago, bytes, count, duration, moment, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Problem, Shown } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import {
  ActionBadge,
  DestinationName,
  dataTone,
  Entities,
  Entity,
  ReviewBadge,
  SeverityBadge,
  SourceName,
} from '../../parts/words.tsx';
import { allowEvent, openExcerpt, readEvent, readHistory, readSimilar } from '../../state/endpoints.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { addressWith } from '../../state/route.ts';
import { may } from '../../state/session.ts';
import { ExceptionProposalDialog } from './exception.tsx';

interface PaneProps {
  readonly id: string;
  /** As the list has it: its review is newer than what was loaded. */
  readonly row: EventRow | null;
  readonly note: string;
  readonly noteField: (field: HTMLTextAreaElement | null) => void;
  readonly openButton: RefObject<HTMLButtonElement | null>;
  readonly isProposing: boolean;
  readonly onNote: (text: string) => void;
  readonly onReview: (state: ReviewState) => void;
  readonly onPropose: (is: boolean) => void;
  readonly onBack: () => void;
}

export function EventPane(props: PaneProps) {
  const { id, row, isProposing, onPropose, onBack } = props;
  const detail = useLoaded(`${id} ${row?.review ?? ''}`, (abort) => readEvent(id, abort), { keepsOld: true });
  return (
    <>
      <div class="detail-back">
        <button type="button" class="button" data-kind="quiet" onClick={onBack}>
          <Icon name="left" /> Queue
        </button>
      </div>
      <Shown of={detail} lines={8}>
        {(event) => (
          <article class="detail" aria-label={event.row.summary}>
            <Head event={event} />
            <ReviewBar {...props} review={row?.review ?? event.row.review} />
            <ExcerptPart id={id} event={event} openButton={props.openButton} />
            <Why event={event} />
            <FindingsPart event={event} />
            <Override event={event} />
            <Parties event={event} />
            <Similar id={id} />
            <History id={id} review={row?.review ?? event.row.review} />
            <Record event={event} />
            {isProposing && <ExceptionProposalDialog id={id} onClose={() => onPropose(false)} />}
          </article>
        )}
      </Shown>
    </>
  );
}

function Head({ event: { row } }: { readonly event: EventDetail }) {
  return (
    <header class="stack">
      <div class="toolbar">
        <ActionBadge action={row.action} enforced={row.enforced} />
        <SeverityBadge severity={row.severity} />
        <ReviewBadge state={row.review} />
        <time class="muted small" dateTime={row.time}>
          {moment(row.time)} ({ago(row.time, now.value)})
        </time>
      </div>
      <h2 class="detail-title">
        <Entities of={row.entities} most={4} />
      </h2>
      <p>
        <SourceName source={row.source} /> <span class="faint">→</span>{' '}
        <DestinationName destination={row.destination} />
        {row.model !== null && <span class="muted"> · {row.model}</span>}
      </p>
    </header>
  );
}

const REVIEWS: readonly { readonly state: ReviewState; readonly label: string; readonly key: string }[] = [
  { state: 'confirmed', label: 'Confirm', key: 'c' },
  { state: 'false_positive', label: 'False positive', key: 'f' },
  { state: 'accepted_risk', label: 'Accept risk', key: 'a' },
  { state: 'needs_action', label: 'Needs action', key: 'n' },
];

function ReviewBar({
  review,
  note,
  noteField,
  onNote,
  onReview,
  onPropose,
}: PaneProps & { readonly review: ReviewState }) {
  if (!may('reviewer')) return <p class="muted small">Your role reads only. A reviewer can review this event.</p>;
  return (
    <div class="review">
      <div class="toolbar">
        {REVIEWS.map(({ state, label, key }) => (
          <button
            type="button"
            class="button"
            key={state}
            aria-pressed={review === state}
            aria-keyshortcuts={key}
            onClick={() => onReview(state)}
          >
            {label} <kbd>{key}</kbd>
          </button>
        ))}
        {review !== 'open' && (
          <button type="button" class="button" data-kind="quiet" aria-keyshortcuts="u" onClick={() => onReview('open')}>
            Open again <kbd>u</kbd>
          </button>
        )}
        {review === 'false_positive' && (
          <button type="button" class="button" data-kind="main" onClick={() => onPropose(true)}>
            Propose an exception
          </button>
        )}
      </div>
      <label class="field">
        <span>
          Note, saved with the review <kbd>m</kbd>
        </span>
        <textarea
          class="input note"
          ref={noteField}
          maxLength={500}
          value={note}
          placeholder="What you found out. Do not write the value itself."
          onInput={(event) => onNote(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') event.currentTarget.blur();
          }}
        />
      </label>
    </div>
  );
}

interface ExcerptProps {
  readonly id: string;
  readonly event: EventDetail;
  readonly openButton: RefObject<HTMLButtonElement | null>;
}

function ExcerptPart({ id, event, openButton }: ExcerptProps) {
  const [excerpt, setExcerpt] = useState<Excerpt | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isOpening, setOpening] = useState(false);
  const open = async (): Promise<void> => {
    setOpening(true);
    try {
      setExcerpt(await openExcerpt(id));
      setProblem(null);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setOpening(false);
  };
  return (
    <section class="stack">
      <h3>Excerpt</h3>
      {excerpt !== null && <ExcerptText excerpt={excerpt} event={event} />}
      {problem !== null && <Problem title={problem} />}
      {excerpt === null && (
        <ExcerptClosed event={event} isOpening={isOpening} openButton={openButton} onOpen={() => void open()} />
      )}
    </section>
  );
}

interface ClosedProps {
  readonly event: EventDetail;
  readonly isOpening: boolean;
  readonly openButton: RefObject<HTMLButtonElement | null>;
  readonly onOpen: () => void;
}

function ExcerptClosed({ event, isOpening, openButton, onOpen }: ClosedProps) {
  if (!event.hasExcerpt) return <p class="muted">None was kept.</p>;
  if (!may('reviewer')) return <p class="muted">It is sealed. A reviewer may open it.</p>;
  return (
    <div class="sealed">
      <p class="muted">
        The text round each finding, with what was found taken out. It is sealed; that you open it is recorded under
        your name.
      </p>
      <button type="button" class="button" ref={openButton} disabled={isOpening} onClick={onOpen}>
        {isOpening ? 'Opening' : 'Open the excerpt'} <kbd>o</kbd>
      </button>
    </div>
  );
}

function ExcerptText({ excerpt, event }: { readonly excerpt: Excerpt; readonly event: EventDetail }) {
  const categories = new Map(event.findings.map(({ entity, category }) => [entity, category]));
  if (excerpt.places.length === 0) return <p class="muted">It is empty.</p>;
  return (
    <div class="stack">
      {excerpt.places.map((place, i) => (
        <figure key={`${i}:${place.path}`} class="excerpt">
          <figcaption class="faint small mono">{place.path}</figcaption>
          <p>
            {place.parts.map((part, k) =>
              part.kind === 'text' ? (
                <span key={`${k}:t`}>{part.text}</span>
              ) : (
                <mark key={`${k}:m`} style={{ '--tone': dataTone(categories.get(part.entity) ?? null) }}>
                  {part.entity}
                </mark>
              ),
            )}
          </p>
        </figure>
      ))}
    </div>
  );
}

function Why({ event }: { readonly event: EventDetail }) {
  const { row, rule, explanation, policyVersion, isCurrentPolicy } = event;
  return (
    <section class="stack">
      <h3>Why</h3>
      {row.policy === null ? (
        <p class="muted">No policy decided here.</p>
      ) : (
        <p>
          Rule{' '}
          <a href={`/policies?policy=${encodeURIComponent(row.policy)}`} class="mono">
            {row.policy}/{row.rule}
          </a>
          {policyVersion !== null && (
            <span class="muted">
              , version <code>{policyVersion}</code>
              {isCurrentPolicy === false && ', which is not in force any more'}
            </span>
          )}
        </p>
      )}
      {explanation.length > 0 && (
        <ul class="reasons">
          {explanation.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {rule?.message != null && <blockquote class="message">{rule.message}</blockquote>}
      {rule?.yaml != null && (
        <details>
          <summary class="muted small">The rule as it is in force now</summary>
          <pre class="block-code">{rule.yaml}</pre>
        </details>
      )}
    </section>
  );
}

function FindingsPart({ event: { findings, row } }: { readonly event: EventDetail }) {
  if (findings.length === 0) {
    return (
      <section class="stack">
        <h3>Found</h3>
        <p class="muted">Nothing. What could be read: {words(row.coverage.level)}.</p>
      </section>
    );
  }
  return (
    <section class="stack">
      <h3>Found</h3>
      <ul class="findings">
        {findings.map((finding) => (
          <li key={`${finding.entity} ${finding.path} ${finding.direction} ${finding.role} ${finding.position}`}>
            <Entity entity={finding.entity} category={finding.category} count={finding.count} />
            <span class="mono small one-line" title={finding.path}>
              {finding.path}
            </span>
            <span class="muted small">
              {finding.role}, {finding.position}, {finding.direction}
            </span>
            <span class="number" title="score">
              {finding.maxScore.toFixed(2)}
            </span>
            {finding.alternatives.length > 0 && (
              <span class="faint small finding-other">
                or {finding.alternatives.map(({ entity, score }) => `${entity} ${score.toFixed(2)}`).join(', ')}
              </span>
            )}
          </li>
        ))}
      </ul>
      {row.coverage.level !== 'full' && (
        <Problem
          tone="alert"
          title={`Read ${row.coverage.level === 'truncated' ? 'in part' : 'not at all'}: ${words(row.coverage.reason ?? 'no reason is known')}`}
        />
      )}
    </section>
  );
}

function Override({ event }: { readonly event: EventDetail }) {
  const [reason, setReason] = useState('');
  const [until, setUntil] = useState(event.allowedUntil);
  if (event.override === null || !may('reviewer')) return null;
  const use = async (submit: Event): Promise<void> => {
    submit.preventDefault();
    try {
      const answer = await allowEvent(event.row.id, { reason: reason.trim() });
      setUntil(answer.until);
      say('The same findings may pass for now');
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), 'problem');
    }
  };
  return (
    <section class="stack">
      <h3>Override</h3>
      {until !== null ? (
        <p>
          The same findings from this source to this destination pass until {moment(until)}, as an alert, on record.
        </p>
      ) : (
        <form class="toolbar" onSubmit={(submit) => void use(submit)}>
          <label class="field grows">
            <span>Reason to let the same findings pass for {duration(event.override.forMs)}</span>
            <input
              class="input"
              required
              maxLength={500}
              value={reason}
              onInput={(input) => setReason(input.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button at-end" disabled={reason.trim() === ''}>
            Let it pass
          </button>
        </form>
      )}
    </section>
  );
}

function Parties({ event: { row, edges } }: { readonly event: EventDetail }) {
  const { source, destination } = row;
  return (
    <section class="stack">
      <h3>From and to</h3>
      <dl class="facts">
        <Fact name="Source" value={<SourceName source={source} />} />
        <Fact name="Owner" value={source.owner} />
        <Fact name="Process" value={source.exe ?? source.process} isMono />
        <Fact name="User" value={source.user} />
        <Fact
          name="Host"
          value={source.container === null ? source.host : `${source.host ?? ''} (container ${source.container})`}
        />
        <Fact name="Destination" value={<DestinationName destination={destination} />} />
        <Fact
          name="Category"
          value={`${destination.category}${destination.country === null ? '' : `, ${destination.country}`}, ${destination.sanctioned ? 'sanctioned' : 'not sanctioned'}`}
        />
        <Fact name="Route" value={row.route} isMono />
        <Fact name="Seen by" value={row.channel} />
        <Fact
          name="Flows"
          value={
            edges.length === 0 ? null : (
              <span class="entities">
                {edges.map((edge) => (
                  <a key={edge} href={`/map?edge=${encodeURIComponent(edge)}`}>
                    on the map
                  </a>
                ))}
              </span>
            )
          }
        />
      </dl>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly value: preact.ComponentChildren;
  readonly isMono?: boolean;
}

function Fact({ name, value, isMono = false }: FactProps) {
  if (value === null || value === undefined || value === '') return null;
  return (
    <>
      <dt>{name}</dt>
      <dd class={isMono ? 'mono small' : undefined}>{value}</dd>
    </>
  );
}

function Similar({ id }: { readonly id: string }) {
  const similar = useLoaded(id, (abort) => readSimilar(id, abort));
  return (
    <section class="stack">
      <h3>Similar events</h3>
      <Shown of={similar} lines={3}>
        {({ sameValue, sameRule }) =>
          sameValue.length + sameRule.length === 0 ? (
            <p class="muted">None: neither the value nor rule, source and destination together were seen before.</p>
          ) : (
            <>
              <SimilarList title="The same value" rows={sameValue} />
              <SimilarList title="The same rule, source and destination" rows={sameRule} />
            </>
          )
        }
      </Shown>
    </section>
  );
}

function SimilarList({ title, rows }: { readonly title: string; readonly rows: readonly EventRow[] }) {
  if (rows.length === 0) return null;
  return (
    <div>
      <p class="label">{title}</p>
      <ul class="similar">
        {rows.map((row) => (
          <li key={row.id}>
            <a href={addressWith({ event: row.id })} data-keeps-place>
              {moment(row.time)}
            </a>
            <span class="one-line">
              <SourceName source={row.source} /> <span class="faint">→</span> {row.destination.label}
            </span>
            <ActionBadge action={row.action} enforced={row.enforced} />
            <ReviewBadge state={row.review} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function toldEntry(entry: EventHistory['entries'][number]): string {
  if (entry.kind === 'opened') return 'opened the excerpt';
  if (entry.kind === 'allowed') return 'let the same findings pass';
  if (entry.kind === 'admin') return 'changed something';
  return entry.state === null ? 'reviewed it' : `reviewed it: ${words(entry.state)}`;
}

function History({ id, review }: { readonly id: string; readonly review: ReviewState }) {
  const history = useLoaded(`${id} ${review}`, (abort) => readHistory(id, abort), { keepsOld: true });
  return (
    <section class="stack">
      <h3>History</h3>
      <Shown of={history} lines={2}>
        {({ entries }) =>
          entries.length === 0 ? (
            <p class="muted">Nobody has done anything about it yet.</p>
          ) : (
            <ol class="history">
              {entries.map((entry) => (
                <li key={entry.id}>
                  <b>{entry.by ?? 'somebody'}</b> {toldEntry(entry)}{' '}
                  <time class="faint small" dateTime={entry.time}>
                    {moment(entry.time)}
                  </time>
                  {entry.note !== null && <p class="muted">{entry.note}</p>}
                </li>
              ))}
            </ol>
          )
        }
      </Shown>
    </section>
  );
}

function Record({ event }: { readonly event: EventDetail }) {
  const { row, bytes: size, latencyMs, seq, writer, hash } = event;
  return (
    <details>
      <summary class="muted small">The record</summary>
      <dl class="facts">
        <Fact
          name="Event"
          value={
            <button
              type="button"
              class="link-cell mono"
              onClick={() => void copyText(row.id).then((done) => done && say('The id is copied'))}
            >
              {row.id}
            </button>
          }
        />
        <Fact
          name="Outcome"
          value={
            row.outcome === null ? null : `${words(row.outcome)}${row.status === null ? '' : `, status ${row.status}`}`
          }
        />
        <Fact name="Reason" value={row.reason} />
        <Fact name="Size" value={`${bytes(size.out)} out, ${bytes(size.in)} in`} />
        <Fact name="Time taken" value={latencyMs === null ? null : duration(latencyMs)} />
        <Fact name="Chain" value={`number ${count(seq)} of ${writer}`} />
        <Fact name="Hash" value={hash} isMono />
      </dl>
    </details>
  );
}
