/**
 * The map of data in motion: where it comes from, what it is, where it goes; as ribbons or as a table. Whatever is chosen,
 * filtered or looked at stands in the address, so that each view can be sent to somebody.
 */
import { useState } from 'preact/hooks';
import type { FlowMap, MapFlow, Vocabulary } from '../../../api/shapes.ts';
import { FlowSankey } from '../../charts/flow-sankey.tsx';
import type { PlacedMark, Ribbon, Strand } from '../../charts/sankey.ts';
import { copyText, Segmented } from '../../parts/controls.tsx';
import { count, counted } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { FilterBar, FilterMenu } from '../../parts/menu.tsx';
import { Page } from '../../parts/page.tsx';
import { SearchField } from '../../parts/search.tsx';
import { Bones, Empty, Problem, Shown } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import { readMap, readVocabulary } from '../../state/endpoints.ts';
import { tick } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { RANGES } from '../../state/range.ts';
import { change, parameter, parameters } from '../../state/route.ts';
import { EdgeDrawer } from './edge-drawer.tsx';
import { EdgeTable } from './edge-table.tsx';
import { FlowsDrawer } from './flows-drawer.tsx';
import { edgeFilters, FILTERS, GROUPS, limitChosen, mapFilters } from './map-query.ts';
import { TimeSlider } from './time-slider.tsx';

const VIEWS = [
  { key: 'map', label: 'Map' },
  { key: 'table', label: 'Table' },
] as const;

const SANCTIONED = [
  { key: 'any', label: 'All' },
  { key: 'yes', label: 'Sanctioned' },
  { key: 'no', label: 'Not' },
] as const;

/** What was pressed in the map, until something else is. */
interface Pressed {
  readonly id: string;
  readonly title: string;
  readonly mark: PlacedMark | null;
  readonly flows: readonly MapFlow[];
}

function flowsOf(strands: readonly Strand[]): readonly MapFlow[] {
  return [...new Set(strands.map(({ flow }) => flow))].toSorted((a, b) => (b.risk ?? 0) - (a.risk ?? 0));
}

export function MapPage() {
  const view = parameter('view') === 'table' ? 'table' : 'map';
  const query = mapFilters(now.value);
  const map = useLoaded(JSON.stringify(query), (abort) => readMap(query, abort), { tick: tick.value, keepsOld: true });
  const vocabulary = useLoaded('vocabulary', readVocabulary).data;
  const [pressed, setPressed] = useState<Pressed | null>(null);
  const edge = parameter('edge') || null;
  const showEdge = (id: string): void => change({ edge: id }, 'push');
  return (
    <Page
      title="Map"
      tools={
        <>
          <GroupChoice map={map.data} />
          <Segmented
            label="Shown as"
            options={VIEWS}
            value={view}
            onChoose={(key) => change({ view: key === 'map' ? null : key }, 'push')}
          />
          <button
            type="button"
            class="button wide-only"
            onClick={() => void copyText(location.href).then((done) => done && say('The link to this view is copied'))}
          >
            <Icon name="link" /> Copy link
          </button>
        </>
      }
    >
      <Filters map={map.data} vocabulary={vocabulary} />
      <Totals map={map.data} />
      <Losses losses={map.data?.losses ?? []} />
      {view === 'table' ? (
        <EdgeTable filters={edgeFilters(now.value)} onChoose={showEdge} />
      ) : (
        <section class="card map-card" aria-label="Map of flows" aria-busy={map.isLoading}>
          <Shown of={map} lines={8}>
            {(data) =>
              data.flows.length === 0 ? (
                <NoFlows map={data} />
              ) : (
                <FlowSankey
                  map={data}
                  chosen={pressed?.id ?? null}
                  onMark={(mark, strands) => {
                    if (mark.isRest && mark.column !== 'class')
                      return change({ limit: Math.min(200, limitChosen() * 2) });
                    setPressed({ id: mark.id, title: mark.label, mark, flows: flowsOf(strands) });
                  }}
                  onRibbon={(ribbon: Ribbon) =>
                    setPressed({
                      id: ribbon.id,
                      title: ribbonTitle(ribbon),
                      mark: null,
                      flows: flowsOf(ribbon.strands),
                    })
                  }
                />
              )
            }
          </Shown>
        </section>
      )}
      {map.data === null ? <Bones lines={1} /> : <TimeSlider history={map.data.history} stepMs={map.data.stepMs} />}
      {edge !== null ? (
        <EdgeDrawer key={edge} id={edge} onClose={() => change({ edge: null })} />
      ) : (
        pressed !== null &&
        map.data !== null &&
        view === 'map' && (
          <FlowsDrawer
            key={pressed.id}
            map={map.data}
            {...pressed}
            onEdge={showEdge}
            onClose={() => setPressed(null)}
          />
        )
      )}
    </Page>
  );
}

/** What the sensor lost makes all that it saw less than there was. */
function Losses({ losses }: { readonly losses: FlowMap['losses'] }) {
  if (losses.length === 0) return null;
  const text = losses.map(({ what, count: times }) => `${what} ${count(times)}`).join(', ');
  return (
    <Problem tone="alert" title="The sensor of this host lost data: its flows may be incomplete">
      <p>
        Since it started: {text}. <a href="/sensor">Sensor and fleet</a>
      </p>
    </Problem>
  );
}

function ribbonTitle(ribbon: Ribbon): string {
  const entity = (ribbon.source.startsWith('class|') ? ribbon.source : ribbon.target).slice('class|'.length);
  return `${entity.replace(/^\((.*)\)$/, '$1')}`;
}

function GroupChoice({ map }: { readonly map: FlowMap | null }) {
  const group = parameter('group');
  const own =
    map === null
      ? ''
      : map.group.source === map.group.destination
        ? map.group.source
        : `${map.group.source} and ${map.group.destination}`;
  return (
    <label class="inline-field">
      <span class="muted small">Joined by</span>
      <select class="input" value={group} onChange={(event) => change({ group: event.currentTarget.value })}>
        <option value="">{group === '' && own !== '' && own !== 'none' ? `automatic: ${own}` : 'automatic'}</option>
        {GROUPS.map((one) => (
          <option value={one} key={one}>
            {one === 'none' ? 'not joined' : one}
          </option>
        ))}
      </select>
    </label>
  );
}

interface FiltersProps {
  readonly map: FlowMap | null;
  readonly vocabulary: Vocabulary | null;
}

function Filters({ map, vocabulary }: FiltersProps) {
  const facets = map?.facets;
  const sanctioned = parameter('sanctioned', 'any');
  return (
    <FilterBar
      isNarrowed={FILTERS.some((name) => parameters(name).length > 0)}
      search={
        <SearchField
          label="Search flows"
          placeholder="Search: class:EMAIL_ADDRESS to:OpenAI -app:crm risk>50 new:7d"
          problem={map?.problem ?? null}
          vocabulary={vocabulary}
        />
      }
    >
      <FilterMenu name="class" label="Data" choices={choicesOf(facets?.class)} />
      <FilterMenu name="app" label="App" choices={choicesOf(facets?.app)} />
      <FilterMenu name="owner" label="Owner" choices={choicesOf(facets?.owner)} />
      <FilterMenu name="vendor" label="Vendor" choices={choicesOf(facets?.vendor)} />
      <FilterMenu name="category" label="Category" choices={choicesOf(facets?.category)} />
      <FilterMenu name="country" label="Country" choices={choicesOf(facets?.country)} />
      <FilterMenu name="channel" label="Seen by" choices={choicesOf(facets?.channel)} />
      <label class="inline-field">
        <span class="muted small">New</span>
        <select class="input" value={parameter('new')} onChange={(event) => change({ new: event.currentTarget.value })}>
          <option value="">any time</option>
          {RANGES.map(({ key, text }) => (
            <option value={key} key={key}>
              in {text}
            </option>
          ))}
        </select>
      </label>
      <Segmented
        label="Sanctioned"
        options={SANCTIONED}
        value={sanctioned === 'yes' || sanctioned === 'no' ? sanctioned : 'any'}
        onChoose={(key) => change({ sanctioned: key === 'any' ? null : key })}
      />
    </FilterBar>
  );
}

function choicesOf(facet: FlowMap['facets']['class'] | undefined) {
  return (facet ?? []).map(({ value, label, count: number }) => ({ value, label: label ?? value, count: number }));
}

/** What narrows the map now, each to be taken off. */
function Chips() {
  const chips = FILTERS.flatMap((name) => parameters(name).map((value) => ({ name, value })));
  const single = (['q', 'sanctioned', 'new', 'limit'] as const).flatMap((name) =>
    parameter(name) === '' ? [] : [{ name, value: parameter(name) }],
  );
  if (chips.length + single.length === 0) return null;
  return (
    <div class="chips">
      {chips.map(({ name, value }) => (
        <button
          type="button"
          class="chip"
          key={`${name} ${value}`}
          aria-label={`Take off ${name} ${value}`}
          onClick={() => change({ [name]: parameters(name).filter((one) => one !== value) })}
        >
          {name}: {value} <Icon name="close" />
        </button>
      ))}
      {single.map(({ name, value }) => (
        <button
          type="button"
          class="chip"
          key={name}
          aria-label={`Take off ${name} ${value}`}
          onClick={() => change({ [name]: null })}
        >
          {name === 'q' ? value : `${name}: ${value}`} <Icon name="close" />
        </button>
      ))}
    </div>
  );
}

function Totals({ map }: { readonly map: FlowMap | null }) {
  if (map === null) return null;
  const { edges, sources, destinations, calls } = map.total;
  return (
    <div class="totals">
      <p role="status">
        <b>{counted(edges, 'flow')}</b>{' '}
        <span class="muted">
          from {counted(sources, 'source')} to {counted(destinations, 'destination')}, {count(calls)} calls
        </span>
      </p>
      <Chips />
    </div>
  );
}

function NoFlows({ map }: { readonly map: FlowMap }) {
  const isFiltered =
    FILTERS.some((name) => parameters(name).length > 0) ||
    ['q', 'sanctioned', 'new', 'from', 'to'].some((name) => parameter(name) !== '');
  if (map.history.every(({ calls }) => calls === 0) && !isFiltered) {
    return (
      <Empty icon="map" title="No data has moved yet">
        <p>
          The map draws itself from calls. <a href="/">Route your first app</a>
        </p>
      </Empty>
    );
  }
  return (
    <Empty icon="search" title="No flow is like that">
      <button
        type="button"
        class="button"
        onClick={() =>
          change({
            ...Object.fromEntries(FILTERS.map((name) => [name, null])),
            q: null,
            sanctioned: null,
            new: null,
            from: null,
            to: null,
          })
        }
      >
        Take the filters off
      </button>
    </Empty>
  );
}
