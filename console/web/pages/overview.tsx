/** What happens at a glance: calls and what policies did with them, the data and the destinations, and how much was seen. */

import { useMemo } from 'preact/hooks';
import type { Overview, RoutingCommand, Totals } from '../../api/shapes.ts';
import { type BarSeries, BarsOverTime } from '../charts/bars-over-time.tsx';
import { Sparkline } from '../charts/sparkline.tsx';
import { CopyField } from '../parts/controls.tsx';
import { bytes, count, percent, words } from '../parts/format.ts';
import { Page, RangeChoice } from '../parts/page.tsx';
import { Empty, Problem, Shown } from '../parts/states.tsx';
import { DestinationName, dataTone, Entity, SourceName } from '../parts/words.tsx';
import { readOverview } from '../state/endpoints.ts';
import { health as liveHealth, tick } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { chosenRange, momentsOf, type Range } from '../state/range.ts';

export function OverviewPage() {
  const range = chosenRange();
  const loaded = useLoaded(range.key, (abort) => readOverview(momentsOf(range), abort), { tick: tick.value });
  return (
    <Page title="Overview" tools={<RangeChoice />}>
      <Shown of={loaded} lines={8}>
        {(overview) =>
          overview.hasCalls ? <Figures overview={overview} range={range} /> : <FirstSteps overview={overview} />
        }
      </Shown>
    </Page>
  );
}

function FirstSteps({ overview }: { readonly overview: Overview }) {
  const { commands, proxyUrl, certificate } = overview.routing;
  return (
    <>
      <HealthProblems overview={overview} />
      <section class="card first-steps" aria-labelledby="first">
        <div class="stack">
          <h2 id="first">Route your first app</h2>
          <p class="muted">
            Weir is running and has seen no call yet. Send an app's calls through{' '}
            {proxyUrl === null ? 'its proxy' : <code>{proxyUrl}</code>} in one of these ways; this page fills as soon as
            the first one comes.
          </p>
        </div>
        <ol class="steps">
          {commands.map((command) => (
            <Step key={command.title} command={command} />
          ))}
        </ol>
        {certificate !== null && (
          <p class="muted small">
            Programs that check certificates against a file of their own need <code>{certificate}</code>.
          </p>
        )}
        <p class="live" data-state="open" role="status">
          Waiting for the first call
        </p>
      </section>
    </>
  );
}

function Step({ command: { title, command, note } }: { readonly command: RoutingCommand }) {
  return (
    <li class="stack">
      <h3>{title}</h3>
      <CopyField text={command} label={title} />
      {note !== null && <p class="muted small">{note}</p>}
    </li>
  );
}

function Figures({ overview, range }: { readonly overview: Overview; readonly range: Range }) {
  const { series, stepMs } = overview;
  const starts = useMemo(() => series.map(({ start }) => Date.parse(start)), [series]);
  const calls = useMemo<readonly BarSeries[]>(
    () => [{ name: 'calls', colour: '--accent-fill', values: series.map((bucket) => bucket.calls) }],
    [series],
  );
  const actions = useMemo<readonly BarSeries[]>(
    () => [
      { name: 'blocked', colour: '--chart-block', values: series.map((bucket) => bucket.blocked) },
      { name: 'redacted', colour: '--chart-redact', values: series.map((bucket) => bucket.redacted) },
      { name: 'tokenized', colour: '--chart-tokenize', values: series.map((bucket) => bucket.tokenized) },
      { name: 'alerted', colour: '--chart-alert', values: series.map((bucket) => bucket.alerted) },
    ],
    [series],
  );
  return (
    <>
      <HealthProblems overview={overview} />
      <Stats overview={overview} range={range} />
      <div class="grid" data-columns="2">
        <Card title="Calls" id="calls">
          <BarsOverTime label={`Calls in ${range.text}`} starts={starts} stepMs={stepMs} series={calls} height={190} />
        </Card>
        <Card title="What policies did" id="did">
          <BarsOverTime
            label={`What policies did in ${range.text}`}
            starts={starts}
            stepMs={stepMs}
            series={actions}
            height={168}
          />
        </Card>
        <Card title="Data found most often" id="entities" more={<a href="/map?view=table">All flows</a>}>
          <TopEntities overview={overview} />
        </Card>
        <Card title="Destinations called most often" id="destinations" more={<a href="/map">Map</a>}>
          <TopDestinations overview={overview} />
        </Card>
        <Card title="Sources that called most often" id="sources">
          <TopSources overview={overview} />
        </Card>
        <Card title="Health and coverage" id="health" more={<a href="/sensor">Sensor and fleet</a>}>
          <HealthAndCoverage overview={overview} />
        </Card>
      </div>
    </>
  );
}

interface CardProps {
  readonly title: string;
  readonly id: string;
  readonly more?: preact.ComponentChildren;
  readonly children: preact.ComponentChildren;
}

function Card({ title, id, more, children }: CardProps) {
  return (
    <section class="card" aria-labelledby={`${id}-title`}>
      <div class="card-head">
        <h2 id={`${id}-title`}>{title}</h2>
        {more !== undefined && <span class="more">{more}</span>}
      </div>
      <div class="card-body">{children}</div>
    </section>
  );
}

function HealthProblems({ overview }: { readonly overview: Overview }) {
  const now = liveHealth.value ?? overview.health;
  const broken = now.parts.filter(({ isReady }) => !isReady);
  if (now.isReady || broken.length === 0) return null;
  return (
    <Problem title={`Not working: ${broken.map(({ name }) => name).join(', ')}`}>
      {broken.map(({ name, reason }) => (
        <p key={name}>
          {name}: {reason ?? 'it does not say why'}
        </p>
      ))}
    </Problem>
  );
}

/** How a figure has changed against the range before. */
function Change({ now, before }: { readonly now: number; readonly before: number | null }) {
  if (before === null) return <>first of its kind</>;
  if (now === before) return <>as before</>;
  if (before === 0) return <>none before</>;
  const share = Math.round((100 * (now - before)) / before);
  if (share === 0) return <>as before</>;
  if (share > 999) return <>more than ten times as many</>;
  return (
    <>
      {share > 0 ? '+' : '−'}
      {Math.abs(share)} % against before
    </>
  );
}

const STATS: readonly {
  readonly key: keyof Totals;
  readonly name: string;
  readonly tone: string;
  readonly href: (range: string) => string;
}[] = [
  { key: 'calls', name: 'Calls', tone: 'var(--accent-fill)', href: () => '/map' },
  { key: 'blocked', name: 'Blocked', tone: 'var(--chart-block)', href: () => '/blocked' },
  { key: 'redacted', name: 'Redacted', tone: 'var(--chart-redact)', href: () => '/blocked?action=redact' },
  { key: 'tokenized', name: 'Tokenized', tone: 'var(--chart-tokenize)', href: () => '/blocked?action=tokenize' },
  { key: 'alerted', name: 'Alerted', tone: 'var(--chart-alert)', href: () => '/blocked?action=alert' },
  { key: 'newEdges', name: 'New flows', tone: 'var(--chart-allow)', href: (range) => `/map?new=${range}` },
];

function Stats({
  overview: { totals, before, openReviews },
  range,
}: {
  readonly overview: Overview;
  readonly range: Range;
}) {
  return (
    <section class="stats" aria-label={`Figures of ${range.text}`}>
      {STATS.map(({ key, name, tone, href }) => (
        <a class="stat" key={key} href={href(range.key)} style={{ '--tone': tone }}>
          <span class="stat-name">{name}</span>
          <span class="stat-value">{count(totals[key])}</span>
          <span class="stat-note">
            {key === 'blocked' && openReviews.value > 0 ? (
              `${count(openReviews.value)}${openReviews.isExact ? '' : '+'} to be reviewed`
            ) : (
              <Change now={totals[key]} before={before?.[key] ?? null} />
            )}
          </span>
        </a>
      ))}
    </section>
  );
}

function TopEntities({ overview: { entities } }: { readonly overview: Overview }) {
  if (entities.length === 0) return <Empty title="No sensitive data was found" icon="check" />;
  return (
    <ul class="ranking">
      {entities.map(({ entity, category, count: times, series }) => (
        <li key={entity}>
          <a href={`/map?class=${encodeURIComponent(entity)}`} class="ranking-name">
            <Entity entity={entity} category={category} />
          </a>
          <Sparkline values={series} colour={dataTone(category)} />
          <span class="number">{count(times)}</span>
        </li>
      ))}
    </ul>
  );
}

function TopDestinations({ overview: { destinations } }: { readonly overview: Overview }) {
  if (destinations.length === 0) return <Empty title="Nothing was called" icon="info" />;
  return (
    <ul class="ranking" data-columns="4">
      {destinations.map(({ destination, calls, blocked, bytesOut, series }) => (
        <li key={`${destination.host}:${destination.port}`}>
          <a href={`/map?host=${encodeURIComponent(destination.host ?? '')}`} class="ranking-name one-line">
            <DestinationName destination={destination} />
          </a>
          <Sparkline values={series} colour="var(--accent)" />
          <span class="number" title={`${bytes(bytesOut)} sent`}>
            {count(calls)}
          </span>
          <span class="number">
            {blocked > 0 ? (
              <span class="badge" data-tone="block">
                {count(blocked)} blocked
              </span>
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  );
}

function TopSources({ overview: { sources } }: { readonly overview: Overview }) {
  const most = Math.max(1, ...sources.map(({ calls }) => calls));
  if (sources.length === 0) return <Empty title="Nobody called" icon="info" />;
  return (
    <ul class="ranking" data-columns="4">
      {sources.map(({ source, calls, blocked }) => (
        <li key={source.label}>
          <a href={`/map?q=${encodeURIComponent(`source:"${source.label}"`)}`} class="ranking-name one-line">
            <SourceName source={source} />
          </a>
          <span class="bar-track" aria-hidden="true">
            <span class="bar" style={{ width: `${(100 * calls) / most}%` }} />
          </span>
          <span class="number">{count(calls)}</span>
          <span class="number">
            {blocked > 0 ? (
              <span class="badge" data-tone="block">
                {count(blocked)} blocked
              </span>
            ) : null}
          </span>
        </li>
      ))}
    </ul>
  );
}

const LEVELS = [
  { key: 'full', name: 'read in full', tone: 'var(--chart-allow)' },
  { key: 'truncated', name: 'read in part', tone: 'var(--chart-alert)' },
  { key: 'opaque', name: 'not readable', tone: 'var(--chart-block)' },
] as const;

function HealthAndCoverage({ overview }: { readonly overview: Overview }) {
  const { coverage } = overview;
  const now = liveHealth.value ?? overview.health;
  const whole = coverage.full + coverage.truncated + coverage.opaque;
  const reasons = Object.entries(coverage.reasons).toSorted(([, a], [, b]) => b - a);
  return (
    <div class="stack" data-gap="l">
      <ul class="parts">
        {now.parts.map(({ name, isReady, reason }) => (
          <li key={name}>
            <span class="dot" data-tone={isReady ? 'allow' : 'block'} />
            <span>{name}</span>
            <span class="muted">{isReady ? 'works' : (reason ?? 'does not work')}</span>
          </li>
        ))}
      </ul>
      <div class="stack">
        <h3>How much of the calls was read</h3>
        <div class="share" aria-hidden="true">
          {LEVELS.map(({ key, tone }) =>
            coverage[key] > 0 ? <span key={key} style={{ flexGrow: coverage[key], background: tone }} /> : null,
          )}
        </div>
        <dl class="share-legend">
          {LEVELS.map(({ key, name, tone }) => (
            <div key={key}>
              <dt class="legend-item" style={{ '--tone': tone }}>
                {name}
              </dt>
              <dd>
                {percent(coverage[key], whole)} <span class="faint">{count(coverage[key])}</span>
              </dd>
            </div>
          ))}
        </dl>
        {reasons.length > 0 && (
          <p class="muted small">
            Why not in full:{' '}
            {reasons
              .slice(0, 5)
              .map(([reason, times]) => `${words(reason)} (${count(times)})`)
              .join(', ')}
            {reasons.length > 5 ? ` and ${reasons.length - 5} more` : ''}.
          </p>
        )}
        {overview.losses.length > 0 && (
          <p class="muted small">
            Lost by the sensor of this host since it started:{' '}
            {overview.losses.map(({ what, count: times }) => `${what} (${count(times)})`).join(', ')}.
          </p>
        )}
      </div>
    </div>
  );
}
