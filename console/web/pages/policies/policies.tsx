/** Policies: the set that is in force with what its rules hit, drafts, and the editor of one file. */
import { useState } from 'preact/hooks';
import type { PolicySet } from '../../../api/shapes.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { ago, count, counted, day, moment } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Page } from '../../parts/page.tsx';
import { Empty, Problem, Shown } from '../../parts/states.tsx';
import { RuleAction, SeverityBadge } from '../../parts/words.tsx';
import { readPolicies } from '../../state/endpoints.ts';
import { policiesInForce, tick } from '../../state/live.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { go, parameter } from '../../state/route.ts';
import { may } from '../../state/session.ts';
import { PolicyEditorPage } from './policy-editor.tsx';

export function PoliciesPage() {
  const set = useLoaded(`policies ${policiesInForce.value ?? ''}`, readPolicies, { tick: tick.value, keepsOld: true });
  const file = parameter('file');
  if (file !== '') {
    const hasDraft = set.data?.drafts.some((draft) => draft.file === file) ?? false;
    const known = set.data?.files.find((one) => one.id === file) ?? null;
    return (
      <PolicyEditorPage
        key={file}
        id={file}
        file={known}
        hasDraft={hasDraft}
        isKnown={set.data !== null}
        onChanged={set.reload}
      />
    );
  }
  return (
    <Page title="Policies" tools={set.data === null ? undefined : <NewFile set={set.data} />}>
      <Shown of={set} lines={8}>
        {(data) => <InForce set={data} />}
      </Shown>
    </Page>
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,60}$/;

function NewFile({ set }: { readonly set: PolicySet }) {
  const [isAsking, setAsking] = useState(false);
  const [name, setName] = useState('');
  if (!may('admin') || set.folder === null) return undefined;
  const file = /\.ya?ml$/.test(name) ? name : `${name}.yaml`;
  const isTaken = set.files.some(({ id }) => id === file);
  const isGood = NAME.test(name) && !/\.draft\.ya?ml$/.test(file) && !isTaken;
  return (
    <>
      <button type="button" class="button" onClick={() => setAsking(true)}>
        <Icon name="plus" /> New policy
      </button>
      {isAsking && (
        <Dialog title="A new policy file" onClose={() => setAsking(false)}>
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              if (isGood) go(`/policies?file=${encodeURIComponent(file)}`);
            }}
          >
            <label class="field">
              <span>
                Name of the file in <code>{set.folder.path}</code>
              </span>
              <input
                class="input"
                value={name}
                placeholder="claims.yaml"
                spellcheck={false}
                onInput={(event) => setName(event.currentTarget.value)}
              />
            </label>
            {isTaken && <p class="muted">There is such a file already.</p>}
            <div class="dialog-foot">
              <button type="submit" class="button" data-kind="main" disabled={!isGood}>
                Open the editor
              </button>
            </div>
          </form>
        </Dialog>
      )}
    </>
  );
}

function InForce({ set }: { readonly set: PolicySet }) {
  const policies = set.policies.filter(({ kind }) => kind === 'policy');
  const exceptions = set.policies.filter(({ kind }) => kind === 'exception');
  return (
    <>
      {set.problem !== null && (
        <Problem title="What lies in the folder now is not in force">
          <p>{set.problem}</p>
        </Problem>
      )}
      <Drafts set={set} />
      {policies.length === 0 && (
        <section class="card">
          <Empty icon="policies" title="No policy is in force" />
        </section>
      )}
      {policies.map((policy) => (
        <PolicyCard key={policy.name} policy={policy} set={set} />
      ))}
      {exceptions.length > 0 && <Exceptions exceptions={exceptions} />}
    </>
  );
}

function Drafts({ set: { drafts } }: { readonly set: PolicySet }) {
  if (drafts.length === 0) return null;
  return (
    <section class="card" aria-labelledby="drafts">
      <div class="card-head">
        <h2 id="drafts">Drafts</h2>
        <span class="muted small">They are never loaded; an administrator activates them.</span>
      </div>
      <ul class="rows">
        {drafts.map(({ file, changed, isNew }) => (
          <li key={file}>
            <a href={`/policies?file=${encodeURIComponent(file)}`} class="mono">
              {file}
            </a>
            <span class="badge" data-tone="accent">
              {isNew ? 'new file' : 'changes a file'}
            </span>
            <span class="muted small">changed {ago(changed, now.value)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface CardProps {
  readonly policy: PolicySet['policies'][number];
  readonly set: PolicySet;
}

function PolicyCard({ policy, set }: CardProps) {
  const { name, description, mode, rollout, version, rules, tests, severity } = policy;
  const file = set.files.find(({ id }) => id === policy.file);
  const isMeant = parameter('policy') === name;
  const address = (line: number | null) =>
    `/policies?file=${encodeURIComponent(policy.file)}${line === null ? '' : `&line=${line}`}`;
  return (
    <section class="card" aria-labelledby={`policy-${name}`} data-meant={isMeant}>
      <div class="card-head">
        <h2 id={`policy-${name}`}>{name}</h2>
        <span class="badge" data-tone={mode === 'enforce' ? 'allow' : 'alert'}>
          {mode === 'enforce' ? 'enforced' : 'monitors'}
          {rollout !== null && rollout !== '100%' && ` ${rollout}`}
        </span>
        <SeverityBadge severity={severity} />
        <span class="more">
          <a href={address(null)}>{file?.isShipped === true ? 'View' : 'Edit'}</a>
        </span>
      </div>
      <div class="card-body stack">
        {description !== null && <p>{description}</p>}
        <p class="muted small">
          <span class="mono">{file?.path ?? policy.file}</span>
          {file?.isShipped === true && ' · comes with Weir'}
          {version !== null && (
            <>
              {' '}
              · version <span class="mono">{version}</span>
            </>
          )}{' '}
          · {counted(tests, 'test')}
        </p>
      </div>
      <div class="card-table">
        <table class="table rules">
          <caption class="unseen">Rules of {name}, with hits of the last 30 days</caption>
          <thead>
            <tr>
              <th scope="col">Rule</th>
              <th scope="col">Action</th>
              <th scope="col">Looks for</th>
              <th scope="col" class="number">
                Hits
              </th>
              <th scope="col" class="number">
                Not carried out
              </th>
              <th scope="col" class="number">
                Last
              </th>
            </tr>
          </thead>
          <tbody>
            {rules.map((rule) => (
              <tr key={rule.name}>
                <td>
                  <a href={address(rule.line)} class="mono">
                    {rule.name}
                  </a>
                </td>
                <td>
                  <RuleAction action={rule.action} />
                </td>
                <td>
                  {rule.detects}
                  {rule.message !== null && <div class="faint small">{rule.message}</div>}
                </td>
                <td class="number">
                  {rule.hits === 0 ? (
                    <span class="faint">0</span>
                  ) : (
                    <a
                      href={`/blocked?state=all&action=${rule.action}&policy=${encodeURIComponent(name)}&q=${encodeURIComponent(`rule:${rule.name}`)}`}
                    >
                      {count(rule.hits)}
                    </a>
                  )}
                </td>
                <td class="number">{rule.observed === 0 ? <span class="faint">0</span> : count(rule.observed)}</td>
                <td class="number" title={moment(rule.lastHit)}>
                  {ago(rule.lastHit, now.value)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Exceptions({ exceptions }: { readonly exceptions: PolicySet['policies'] }) {
  return (
    <section class="card" aria-labelledby="exceptions">
      <div class="card-head">
        <h2 id="exceptions">Exceptions</h2>
      </div>
      <ul class="rows">
        {exceptions.map(({ name, description, expires, excepts, file }) => {
          const isOver = expires !== null && Date.parse(expires) < now.value;
          return (
            <li key={name}>
              <a href={`/policies?file=${encodeURIComponent(file)}`} class="mono">
                {name}
              </a>
              <span>
                {description ?? ''}{' '}
                {excepts !== null && (
                  <span class="muted">
                    from {excepts.policy}
                    {excepts.rule !== null && `/${excepts.rule}`}
                  </span>
                )}
              </span>
              <span class="badge" data-tone={isOver ? 'none' : 'alert'}>
                {isOver ? 'expired' : 'expires'} {day(expires)}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
