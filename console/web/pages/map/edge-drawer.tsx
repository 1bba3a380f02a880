/** One flow with its evidence: what, where in the messages, how sure, why it is risky, who stood behind it, how to stop it. */
import { useMemo, useState } from 'preact/hooks';
import type { EdgeDetail } from '../../../api/shapes.ts';
import { type BarSeries, BarsOverTime } from '../../charts/bars-over-time.tsx';
import { copyText } from '../../parts/controls.tsx';
import { Drawer } from '../../parts/drawer.tsx';
import { ago, bytes, count, counted, moment, words } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Bones, Failure, Problem, Shown } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { ActionBadge, DestinationName, Entities, Entity, Risk, SourceName } from '../../parts/words.tsx';
import { readEdge, readLineage } from '../../state/endpoints.ts';
import { tick } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { Paths } from './reach.tsx';

export function EdgeDrawer({ id, onClose }: { readonly id: string; readonly onClose: () => void }) {
  const edge = useLoaded(id, (abort) => readEdge(id, abort), { tick: tick.value });
  const row = edge.data?.row;
  return (
    <Drawer
      title={
        row === undefined ? (
          'A flow'
        ) : (
          <>
            <SourceName source={row.source} /> <span class="faint">{row.direction === 'out' ? '→' : '←'}</span>{' '}
            <DestinationName destination={row.destination} />
          </>
        )
      }
      note={
        row === undefined ? undefined : (
          <p class="muted small">
            {row.direction === 'out' ? 'What the source sends' : 'What the source reads'}, by {row.protocol}
          </p>
        )
      }
      onClose={onClose}
    >
      <Shown of={edge} lines={8}>
        {(detail) => (
          <>
            <Facts detail={detail} />
            <Found detail={detail} />
            <RiskTerms detail={detail} />
            <OverTime detail={detail} />
            <Trace detail={detail} />
            <EventsPart detail={detail} />
            <Suggestion detail={detail} />
          </>
        )}
      </Shown>
    </Drawer>
  );
}

function Facts({ detail: { row, via, isInBaseline } }: { readonly detail: EdgeDetail }) {
  const { destination, coverage } = row;
  return (
    <section>
      <div class="toolbar">
        <Risk score={row.risk} />
        {row.isNew && (
          <span class="badge" data-tone="accent">
            new
          </span>
        )}
        <span class="badge" data-tone={destination.sanctioned ? 'allow' : 'alert'}>
          {destination.sanctioned ? 'sanctioned' : 'not sanctioned'}
        </span>
        {isInBaseline !== null && (
          <span class="badge" data-tone={isInBaseline ? 'allow' : 'redact'}>
            {isInBaseline ? 'in the baseline' : 'not in the baseline'}
          </span>
        )}
      </div>
      {coverage.level !== 'full' && (
        <Problem
          tone="alert"
          title={`${coverage.level === 'opaque' ? 'Not readable' : 'Read in part'}: ${words(coverage.reason ?? 'no reason is known')}`}
        >
          <p class="small">What was sent may hold more than is listed here.</p>
        </Problem>
      )}
      <dl class="facts">
        <dt>Calls</dt>
        <dd>
          {count(row.calls)}{' '}
          <span class="muted">
            · {bytes(row.bytesOut)} out, {bytes(row.bytesIn)} in
          </span>
        </dd>
        <dt>Seen</dt>
        <dd>
          {moment(row.firstSeen)} to {moment(row.lastSeen)} <span class="muted">({ago(row.lastSeen, now.value)})</span>
        </dd>
        <dt>Seen by</dt>
        <dd>
          {row.channels.join(', ')} <span class="muted">· name known by {via}</span>
        </dd>
        <dt>Source</dt>
        <dd>
          {[row.source.owner, row.source.exe ?? row.source.process, row.source.user, row.source.host]
            .filter((part) => part !== null)
            .join(' · ') || 'nothing more is known'}
        </dd>
        <dt>Destination</dt>
        <dd>
          {[destination.category, destination.country, destination.owner, destination.note]
            .filter((part) => part !== null)
            .join(' · ')}
        </dd>
        <dt>Policies did</dt>
        <dd>
          {Object.entries(row.actions)
            .map(([action, times]) => `${action} ${count(times)}`)
            .join(', ') || 'nothing'}
        </dd>
      </dl>
    </section>
  );
}

function Found({ detail: { entities } }: { readonly detail: EdgeDetail }) {
  return (
    <section>
      <h3>Evidence</h3>
      {entities.length === 0 && <p class="muted">No sensitive data was found in it.</p>}
      {entities.map((entity) => (
        <div class="evidence" key={entity.entity}>
          <div class="evidence-head">
            <Entity entity={entity.entity} category={entity.category} count={entity.count} />
            <span class="muted small">
              {counted(entity.fingerprints, 'different value')}
              {entity.maxScore !== null && `, score up to ${entity.maxScore.toFixed(2)}`}
              {entity.lastSeen !== null && `, last ${ago(entity.lastSeen, now.value)}`}
            </span>
          </div>
          <ul class="paths">
            {entity.paths.map(({ path, count: times }) => (
              <li key={path}>
                <span class="mono small">{path}</span>{' '}
                {times !== null && <span class="faint small">×{count(times)}</span>}
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

function RiskTerms({ detail: { risk } }: { readonly detail: EdgeDetail }) {
  if (risk === null) return null;
  return (
    <section>
      <h3>
        Risk {Math.round(risk.score)} <span class="muted small">of 100</span>
      </h3>
      <ul class="terms">
        {risk.terms.map(({ name, value, text }) => (
          <li key={name}>
            <span>{name}</span>
            <span class="bar-track" aria-hidden="true">
              <span class="bar" style={{ width: `${Math.round(100 * Math.min(1, value))}%` }} />
            </span>
            <span class="number">{value.toFixed(2)}</span>
            <span class="muted small">{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function OverTime({ detail: { series, stepMs } }: { readonly detail: EdgeDetail }) {
  const starts = useMemo(() => series.map(({ start }) => Date.parse(start)), [series]);
  const bars = useMemo<readonly BarSeries[]>(
    () => [
      { name: 'findings', colour: '--chart-redact', values: series.map(({ findings }) => findings) },
      { name: 'calls', colour: '--accent-fill', values: series.map(({ calls }) => calls) },
    ],
    [series],
  );
  if (series.length === 0) return null;
  return (
    <section>
      <h3>Over time</h3>
      <BarsOverTime
        label="Calls and findings of this flow"
        starts={starts}
        stepMs={stepMs}
        series={bars}
        height={130}
      />
    </section>
  );
}

function Trace({ detail: { row } }: { readonly detail: EdgeDetail }) {
  const [isAsked, setAsked] = useState(false);
  const { host } = row.destination;
  const from = row.direction === 'in' ? host : null;
  const to = row.direction === 'out' ? host : null;
  const lineage = useLoaded(isAsked ? row.id : null, (abort) =>
    readLineage({ from: from ?? undefined, to: to ?? undefined, limit: 20 }, abort),
  );
  return (
    <section>
      <h3>{row.direction === 'out' ? 'Where this data came from' : 'Where this data went on to'}</h3>
      {!isAsked && (
        <p>
          <button type="button" class="button" onClick={() => setAsked(true)}>
            <Icon name="history" /> Trace it
          </button>
        </p>
      )}
      {isAsked &&
        lineage.data === null &&
        (lineage.failure === null ? <Bones lines={2} /> : <Failure failure={lineage.failure} retry={lineage.reload} />)}
      {lineage.data !== null && <Paths lineage={lineage.data} />}
    </section>
  );
}

function EventsPart({ detail: { events } }: { readonly detail: EdgeDetail }) {
  if (events.length === 0) return null;
  return (
    <section>
      <h3>Newest events</h3>
      <ul class="similar">
        {events.map((event) => (
          <li key={event.id}>
            <a href={`/blocked?state=all&event=${encodeURIComponent(event.id)}`}>{moment(event.time)}</a>
            <Entities of={event.entities} most={2} />
            <ActionBadge action={event.action} enforced={event.enforced} />
            <span class="faint small">{event.rule ?? ''}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Suggestion({ detail: { suggestion } }: { readonly detail: EdgeDetail }) {
  if (suggestion === null) return null;
  return (
    <section>
      <h3>A rule that would stop it</h3>
      <p class="muted">{suggestion.text}</p>
      <pre class="block-code">{suggestion.yaml}</pre>
      <p>
        <button
          type="button"
          class="button"
          onClick={() => void copyText(suggestion.yaml).then((done) => done && say('The rule is copied'))}
        >
          <Icon name="copy" /> Copy rule
        </button>
      </p>
    </section>
  );
}
