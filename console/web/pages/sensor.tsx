/** The hosts that Weir runs on, what the sensor is attached to on each, and whatever was lost; where alerts are sent to. */
import type { Fleet, FleetPolicies, NodeReportRow } from '../../api/shapes.ts';
import { ago, count, counted, moment } from '../parts/format.ts';
import { Icon } from '../parts/icon.tsx';
import { Page } from '../parts/page.tsx';
import { Empty, Problem, Shown } from '../parts/states.tsx';
import { readFleet, readFleetPolicies } from '../state/endpoints.ts';
import { tick } from '../state/live.ts';
import { useLoaded } from '../state/loaded.ts';
import { now } from '../state/now.ts';

type Host = Fleet['hosts'][number];

export function SensorPage() {
  const fleet = useLoaded('fleet', readFleet, { tick: tick.value });
  const nodes = useLoaded('nodes', readFleetPolicies, { tick: tick.value });
  return (
    <Page title="Sensor and fleet">
      {nodes.data?.hasBus === true && <Nodes fleet={nodes.data} chains={fleet.data?.chains ?? []} />}
      <Shown of={fleet} lines={8}>
        {({ hosts, chains, notify }) => (
          <>
            {hosts.length === 0 && (
              <section class="card">
                <Empty icon="sensor" title="No host is known" />
              </section>
            )}
            {hosts.map((host) => (
              <HostCard key={`${host.host} ${host.writer}`} host={host} />
            ))}
            <Chains chains={chains} nodes={nodes.data?.nodes ?? []} />
            <Notify targets={notify} />
          </>
        )}
      </Shown>
    </Page>
  );
}

type Chain = Fleet['chains'][number];

interface NodesProps {
  readonly fleet: FleetPolicies;
  readonly chains: readonly Chain[];
}

/** Every node that reports on the bus: what it is and runs, whether that is what was published last, and its chain. */
function Nodes({ fleet: { problem, published, nodes }, chains }: NodesProps) {
  return (
    <section class="card" aria-labelledby="nodes">
      <div class="card-head">
        <h2 id="nodes">Nodes of the fleet</h2>
        <span class="badge">{count(nodes.length)}</span>
        <span class="more muted small">
          {published === null
            ? 'no policies are published'
            : `published: ${published.name} ${published.version}, ${ago(published.at, now.value)}`}
        </span>
      </div>
      {problem !== null && (
        <div class="card-body">
          <Problem tone="alert" title="The nodes cannot be asked for now">
            <p>{problem}</p>
          </Problem>
        </div>
      )}
      {problem === null && nodes.length === 0 && <Empty icon="sensor" title="No node has reported yet" />}
      {nodes.length > 0 && (
        <div class="card-table">
          <table class="table fleet-table">
            <thead>
              <tr>
                {['Node', 'Labels', 'Weir', 'Policies', 'Since it took them up', 'Records', 'Last heard'].map(
                  (name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ),
                )}
              </tr>
            </thead>
            <tbody>
              {nodes.map((node) => (
                <NodeRow key={node.node} node={node} published={published} chains={chains} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

interface NodeRowProps {
  readonly node: NodeReportRow;
  readonly published: FleetPolicies['published'];
  readonly chains: readonly Chain[];
}

function NodeRow({ node, published, chains }: NodeRowProps) {
  const { host, labels, parts, weir, bundle, refused, held, counts, heard, isSilent, startedAt, writers, dropped } =
    node;
  const own = chains.filter(({ writer }) => writers.includes(writer));
  const missing = own.reduce((sum, chain) => sum + chain.missing, 0);
  const present = writers.at(-1) ?? null;
  const isJudging = parts.includes('proxy') || parts.includes('sensor');
  const isBehind =
    isJudging && published !== null && (bundle?.name !== published.name || bundle.version !== published.version);
  return (
    <tr>
      <td>
        {node.node}
        <div class="small">
          <a href={`/map?q=${encodeURIComponent(`machine:${host}`)}`}>{host}</a>
        </div>
        <div class="muted small">{parts.length === 0 ? 'nothing runs' : parts.join(', ')}</div>
      </td>
      <td>{labels.length === 0 ? <span class="faint">none</span> : labels.join(', ')}</td>
      <td>
        {weir}
        <div class="faint small" title={moment(startedAt)}>
          started {ago(startedAt, now.value)}
        </div>
      </td>
      <td>
        {bundle !== null ? `${bundle.name} ${bundle.version}` : isJudging ? 'its own' : 'judges nothing'}{' '}
        {isBehind && (
          <span class="badge" data-tone={refused === null ? 'alert' : 'block'}>
            {refused === null ? 'behind' : 'refused'}
          </span>
        )}
        {refused !== null && (
          <div class="muted small">
            refused {refused.name ?? 'a bundle'} {refused.version ?? ''}: {refused.reason}
          </div>
        )}
        {held !== null && <div class="muted small">{held}</div>}
      </td>
      <td>
        {counted(counts.calls, 'call')}
        <div class="muted small">
          {count(counts.block)} blocked, {count(counts.redact)} redacted, {count(counts.tokenize)} tokenized,{' '}
          {count(counts.alert)} alerted
        </div>
      </td>
      <td>
        {counted(
          own.reduce((sum, { seq }) => sum + seq, 0),
          'record',
        )}{' '}
        {missing > 0 && (
          <span class="badge" data-tone="block">
            {count(missing)} missing
          </span>
        )}
        {dropped > 0 && (
          <span class="badge" data-tone="alert" title="its outbox was full; checkpoints stand for them">
            {count(dropped)} dropped
          </span>
        )}
        {present !== null && <div class="faint small mono">{present}</div>}
      </td>
      <td title={moment(heard)}>
        <span class="dot" data-tone={isSilent ? 'block' : 'allow'} /> {ago(heard, now.value)}
        {isSilent && <div class="muted small">silent: not reporting any more</div>}
      </td>
    </tr>
  );
}

const SENSOR: Readonly<Record<Host['sensor']['state'], { readonly text: string; readonly tone: string }>> = {
  running: { text: 'sensor runs', tone: 'allow' },
  off: { text: 'sensor is off', tone: 'none' },
  unavailable: { text: 'sensor cannot run here', tone: 'alert' },
  failing: { text: 'sensor fails', tone: 'block' },
};

function HostCard({ host }: { readonly host: Host }) {
  const { sensor, health } = host;
  const state = SENSOR[sensor.state];
  const lost = sensor.losses.reduce((sum, loss) => sum + loss.count, 0);
  return (
    <section class="card" aria-label={host.host}>
      <div class="card-head">
        <span class="dot" data-tone={health.isReady ? 'allow' : 'block'} />
        <h2>{host.host}</h2>
        {host.isThis && <span class="badge">this host</span>}
        <span class="badge" data-tone={state.tone}>
          {state.text}
        </span>
        {lost > 0 && (
          <span class="badge" data-tone="alert">
            {count(lost)} lost
          </span>
        )}
        <span class="more muted" title={moment(host.lastSeen)}>
          {host.lastSeen === null ? '' : `seen ${ago(host.lastSeen, now.value)}`}
        </span>
      </div>
      <div class="card-body host">
        <div class="stack">
          <h3>Parts</h3>
          <ul class="stack">
            {health.parts.map(({ name, isReady, reason }) => (
              <li key={name} class="toolbar">
                <span class="dot" data-tone={isReady ? 'allow' : 'block'} />
                {name}
                <span class="muted">{isReady ? 'works' : (reason ?? 'does not work')}</span>
              </li>
            ))}
          </ul>
          <dl class="facts">
            <dt>Version</dt>
            <dd>{host.version ?? 'unknown'}</dd>
            <dt>Processes</dt>
            <dd>{counted(host.workers, 'worker')}</dd>
            <dt>Connections</dt>
            <dd>{host.openConnections === null ? 'unknown' : `${count(host.openConnections)} open`}</dd>
            <dt>Events</dt>
            <dd>{host.events === null ? 'unknown' : count(host.events)}</dd>
            {host.writer !== null && (
              <>
                <dt>Chain</dt>
                <dd class="mono small">{host.writer}</dd>
              </>
            )}
          </dl>
        </div>
        <div class="stack">
          <h3>What the sensor is attached to</h3>
          {sensor.reason !== null && <p class="muted">{sensor.reason}</p>}
          {sensor.kernel !== null && <p class="muted small">Kernel: {sensor.kernel}</p>}
          {sensor.attached.length === 0 ? (
            <p class="muted">Nothing: only what goes through the proxy is seen on this host.</p>
          ) : (
            <ul class="attached">
              {sensor.attached.map((target) => (
                <li key={target.name}>
                  <span
                    class="badge"
                    data-tone={target.state === 'attached' ? 'allow' : target.state === 'refused' ? 'alert' : 'none'}
                  >
                    {target.state}
                  </span>
                  <span class="attached-name">{target.name}</span>
                  <span class="muted small">{counted(target.processes, 'process', 'processes')}</span>
                  {target.reason !== null && <span class="muted small attached-reason">{target.reason}</span>}
                </li>
              ))}
            </ul>
          )}
          <h3>Losses</h3>
          {sensor.losses.length === 0 ? (
            <p class="muted">None.</p>
          ) : (
            <dl class="facts">
              {sensor.losses.map(({ what, count: times }) => (
                <div class="fact" key={what}>
                  <dt>{what}</dt>
                  <dd>{count(times)}</dd>
                </div>
              ))}
            </dl>
          )}
        </div>
      </div>
    </section>
  );
}

interface ChainsProps {
  readonly chains: readonly Chain[];
  readonly nodes: readonly NodeReportRow[];
}

/** Where there are several: of one, its host's card says it. */
function Chains({ chains, nodes }: ChainsProps) {
  const nodeOf = (writer: string): string | null => nodes.find(({ writers }) => writers.includes(writer))?.node ?? null;
  if (chains.length < 2) return null;
  return (
    <section class="card" aria-labelledby="chains">
      <div class="card-head">
        <h2 id="chains">Chains of records</h2>
        <span class="badge">{count(chains.length)}</span>
        <span class="more muted small">
          <code>weir log verify</code> checks every record of them
        </span>
      </div>
      <ul class="rows">
        {chains.map(({ writer, seq, missing, lastSeen }) => (
          <li key={writer}>
            <span class="mono small">{writer}</span>
            {nodeOf(writer) !== null && <span>{nodeOf(writer)}</span>}
            <span>{counted(seq, 'record')}</span>
            {missing > 0 && (
              <span class="badge" data-tone="block">
                {count(missing)} missing
              </span>
            )}
            <span class="muted small" title={moment(lastSeen)}>
              {lastSeen === null ? 'none of them is kept' : `newest ${ago(lastSeen, now.value)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Notify({ targets }: { readonly targets: Fleet['notify'] }) {
  if (targets.length === 0) return null;
  return (
    <section class="card" aria-labelledby="notify">
      <div class="card-head">
        <h2 id="notify">Alerts go to</h2>
      </div>
      <ul class="rows">
        {targets.map(({ name, waiting, sent, failed, lastError, lastSent }) => (
          <li key={name}>
            <Icon name={lastError === null ? 'check' : 'warning'} />
            <span>{name}</span>
            <span class="muted small">
              {count(sent)} sent, {count(waiting)} waiting, {count(failed)} failed
            </span>
            {lastError !== null && <span class="muted small">last error: {lastError}</span>}
            <span class="muted small">last sent {ago(lastSent, now.value)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
