/**
 * The editor of one policy file, with what its text would do beside it: a sample tried as one writes, the tests, stored
 * events replayed, the difference from what is in force. An administrator saves drafts and puts them in force.
 */
import { useEffect, useState } from 'preact/hooks';
import type { Draft, Problem as PolicyProblem, PolicySet } from '../../../api/shapes.ts';
import { YamlEditor } from '../../editor/yaml-editor.tsx';
import { Download, Segmented } from '../../parts/controls.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { Diff } from '../../parts/diff.tsx';
import { ago } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Page } from '../../parts/page.tsx';
import { Bones, Empty, Failure, Problem } from '../../parts/states.tsx';
import { say } from '../../parts/toasts.tsx';
import {
  activateDraft,
  checkPolicy,
  diffPolicy,
  dropDraft,
  proposeException,
  readDraft,
  readPolicySchema,
  readPolicyText,
  readVocabulary,
  saveDraft,
  undoActivation,
} from '../../state/endpoints.ts';
import { useLoaded } from '../../state/loaded.ts';
import { now } from '../../state/now.ts';
import { change, go, parameter } from '../../state/route.ts';
import { may } from '../../state/session.ts';
import { BacktestPanel, TestsPanel } from './policy-checks.tsx';
import { TryPanel } from './try-panel.tsx';

interface Props {
  readonly id: string;
  /** Null: there is no such file yet. */
  readonly file: PolicySet['files'][number] | null;
  readonly hasDraft: boolean;
  /** Whether the set has been asked for yet. */
  readonly isKnown: boolean;
  readonly onChanged: () => void;
}

interface Opened {
  readonly text: string;
  readonly draft: Draft | null;
}

function templateFor(id: string): string {
  const name = id.replace(/^.*\//, '').replace(/\.ya?ml$/, '');
  return `apiVersion: weir/v1
kind: Policy
name: ${name}
description: What it is for, in a sentence.
severity: medium
mode: monitor
match:
  destinations: {categories: [genai]}
rules:
  - name: first
    detect: {entities: [CREDIT_CARD]}
    action: block
    message: What whoever is blocked can do.
tests:
  - {text: "nothing in it", expect: allow}
`;
}

/** The draft where there is one, else the file, else a beginning; with the exception that a review proposed at its end. */
async function openFile(
  id: string,
  has: { readonly file: boolean; readonly draft: boolean },
  exceptionFor: string,
  abort: AbortSignal,
): Promise<Opened> {
  const draft = has.draft ? await readDraft(id, abort) : null;
  const text =
    draft?.text ?? (has.file ? (await readPolicyText(id, abort)).text : exceptionFor === '' ? templateFor(id) : '');
  if (exceptionFor === '') return { text, draft };
  const { yaml } = await proposeException(exceptionFor, {}, abort);
  if (text.includes(yaml.trim())) return { text, draft };
  return { text: text.trim() === '' ? yaml : `${text.trimEnd()}\n---\n${yaml}`, draft };
}

const PANELS = [
  { key: 'try', label: 'Try' },
  { key: 'tests', label: 'Tests' },
  { key: 'backtest', label: 'Backtest' },
  { key: 'diff', label: 'Difference' },
] as const;
type Panel = (typeof PANELS)[number]['key'];

export function PolicyEditorPage({ id, file, hasDraft, isKnown, onChanged }: Props) {
  const opened = useLoaded(isKnown ? `${id} ${file?.revision ?? ''}` : null, (abort) =>
    openFile(id, { file: file !== null, draft: hasDraft }, parameter('exception'), abort),
  );
  return (
    <Page
      title="Policies"
      tools={
        <a class="button" data-kind="quiet" href="/policies">
          <Icon name="left" /> All policies
        </a>
      }
    >
      {opened.data !== null ? (
        <Workbench
          key={opened.data.draft?.revision ?? id}
          id={id}
          file={file}
          opened={opened.data}
          onChanged={onChanged}
        />
      ) : opened.failure !== null ? (
        <Failure failure={opened.failure} retry={opened.reload} />
      ) : (
        <Bones lines={8} />
      )}
    </Page>
  );
}

const REST_MS = 500;

/** A text once nobody has written for a moment. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setRested(text), REST_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return rested;
}

interface WorkbenchProps {
  readonly id: string;
  readonly file: Props['file'];
  readonly opened: Opened;
  readonly onChanged: () => void;
}

function Workbench({ id, file, opened, onChanged }: WorkbenchProps) {
  const [text, setText] = useState(opened.text);
  const [times, setTimes] = useState(0);
  const [draft, setDraft] = useState(opened.draft);
  const [problems, setProblems] = useState<readonly PolicyProblem[]>([]);
  const [isActivating, setActivating] = useState(false);
  const schema = useLoaded('schema', readPolicySchema).data;
  const vocabulary = useLoaded('vocabulary', readVocabulary).data;
  const rested = useRested(text);
  const panel: Panel = PANELS.find(({ key }) => key === parameter('panel'))?.key ?? 'try';
  const isShipped = file?.isShipped === true;
  const mayChange = may('admin') && !isShipped && (file?.isWritable ?? true);
  const isSaved = draft !== null && draft.text === text;
  const isUnchanged = draft === null && text === opened.text && file !== null;
  const line = Number(parameter('line')) || null;

  useEffect(() => {
    let isGone = false;
    checkPolicy({ file: id, text: rested }).then(
      (answer) => {
        if (!isGone) setProblems(answer.problems);
      },
      // The panels beside tell what fails; marks in the text are left as they are.
      () => {},
    );
    return () => {
      isGone = true;
    };
  }, [id, rested]);

  const attempt = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      say(error instanceof Error ? error.message : String(error), 'problem');
    }
  };
  const save = () =>
    attempt(async () => {
      setDraft(await saveDraft(id, { text, revision: draft?.revision ?? null }));
      say('The draft is saved. It is not in force.');
      onChanged();
    });
  const drop = () =>
    attempt(async () => {
      await dropDraft(id);
      setDraft(null);
      onChanged();
      if (file === null) return go('/policies', 'replace');
      setText((await readPolicyText(id, null)).text);
      setTimes((before) => before + 1);
    });
  const undo = () =>
    attempt(async () => {
      await undoActivation(id);
      say('The activation is taken back');
      onChanged();
    });

  return (
    <>
      <div class="toolbar">
        <h2 class="mono">{id}</h2>
        <State file={file} draft={draft} isSaved={isSaved} isUnchanged={isUnchanged} />
        <span class="grows" />
        {file?.canUndo === true && may('admin') && (
          <button type="button" class="button" onClick={() => void undo()}>
            <Icon name="undo" /> Undo activation
          </button>
        )}
        {draft !== null && mayChange && (
          <button type="button" class="button" data-kind="danger" onClick={() => void drop()}>
            Drop draft
          </button>
        )}
        {mayChange && (
          <button type="button" class="button" disabled={isSaved || isUnchanged} onClick={() => void save()}>
            Save draft
          </button>
        )}
        {mayChange && (
          <button
            type="button"
            class="button"
            data-kind="main"
            disabled={!isSaved || problems.length > 0}
            onClick={() => setActivating(true)}
          >
            Activate
          </button>
        )}
      </div>
      {isShipped && (
        <Problem tone="accent" title="This file comes with Weir and stays as it is">
          <p>
            Write a policy beside it, or an exception: the strongest rule of all policies wins, and exceptions take
            findings out first.
          </p>
        </Problem>
      )}
      {file !== null && !isShipped && !file.isWritable && (
        <Problem tone="accent" title="The folder is read-only here">
          <p>
            Change the text, look at what it would do, and download the difference to apply it where the file is kept.
          </p>
        </Problem>
      )}
      <div class="workbench">
        <section class="card editor-card" aria-label="Text">
          <YamlEditor
            label={`Text of ${id}`}
            text={text}
            times={times}
            isReadOnly={isShipped}
            problems={problems}
            schema={schema}
            entities={(vocabulary?.entities ?? []).map(({ entity }) => entity)}
            line={line}
            onChange={setText}
          />
          <Problems problems={problems} onShow={(at) => change({ line: at })} />
        </section>
        <section class="card workbench-side" aria-label="What it would do">
          <div class="card-head">
            <Segmented
              label="What to look at"
              options={PANELS}
              value={panel}
              onChoose={(key) => change({ panel: key === 'try' ? null : key })}
            />
          </div>
          <div class="card-body stack" data-gap="l">
            {panel === 'try' && <TryPanel id={id} text={rested} />}
            {panel === 'tests' && <TestsPanel id={id} text={rested} />}
            {panel === 'backtest' && <BacktestPanel id={id} text={rested} />}
            {panel === 'diff' && <DiffPanel id={id} text={rested} />}
          </div>
        </section>
      </div>
      {isActivating && draft !== null && (
        <ActivateDialog
          id={id}
          draft={draft}
          onClose={() => setActivating(false)}
          onDone={() => {
            setActivating(false);
            setDraft(null);
            onChanged();
          }}
        />
      )}
    </>
  );
}

interface StateProps {
  readonly file: Props['file'];
  readonly draft: Draft | null;
  readonly isSaved: boolean;
  readonly isUnchanged: boolean;
}

function State({ file, draft, isSaved, isUnchanged }: StateProps) {
  if (isUnchanged) {
    return (
      <span class="badge" data-tone="allow">
        in force
      </span>
    );
  }
  return (
    <>
      <span class="badge" data-tone="accent">
        {isSaved ? 'draft' : 'not saved'}
      </span>
      {isSaved && draft !== null && <span class="muted small">changed {ago(draft.changed, now.value)}</span>}
      {file === null && <span class="muted small">a new file</span>}
    </>
  );
}

function Problems({
  problems,
  onShow,
}: {
  readonly problems: readonly PolicyProblem[];
  readonly onShow: (line: number) => void;
}) {
  return (
    <div class="editor-problems" role="status">
      {problems.length === 0 ? (
        <span class="muted small">Nothing is wrong with the text.</span>
      ) : (
        <ul>
          {problems.map(({ line, column, message }) => (
            <li key={`${line}:${column} ${message}`}>
              <button type="button" class="link-cell mono small" onClick={() => onShow(line)}>
                {line}:{column}
              </button>{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function DiffPanel({ id, text }: { readonly id: string; readonly text: string }) {
  const diff = useLoaded(`${id}\n${text}`, () => diffPolicy({ file: id, text }), { keepsOld: true });
  if (diff.data === null)
    return diff.failure === null ? <Bones lines={4} /> : <Failure failure={diff.failure} retry={diff.reload} />;
  return (
    <>
      <Diff text={diff.data.diff} />
      {diff.data.diff !== '' && (
        <p>
          <Download name={`${id.replaceAll('/', '-')}.diff`} text={diff.data.diff}>
            Download difference
          </Download>
        </p>
      )}
    </>
  );
}

interface ActivateProps {
  readonly id: string;
  readonly draft: Draft;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Difference, tests and replay on one page, before anything changes. */
function ActivateDialog({ id, draft, onClose, onDone }: ActivateProps) {
  const [isBusy, setBusy] = useState(false);
  const activate = async (): Promise<void> => {
    setBusy(true);
    try {
      const { isInForce } = await activateDraft(id, { revision: draft.revision, baseRevision: draft.baseRevision });
      onDone();
      say(isInForce ? `${id} is in force` : `${id} is in place, and in force in a moment`, 'done', {
        label: 'Undo',
        run: () =>
          void undoActivation(id).then(
            () => say('The activation is taken back'),
            (error: unknown) => say(String(error instanceof Error ? error.message : error), 'problem'),
          ),
      });
    } catch (error) {
      setBusy(false);
      say(error instanceof Error ? error.message : String(error), 'problem');
    }
  };
  return (
    <Dialog title={`Put ${id} in force`} size="wide" onClose={onClose}>
      <div class="stack">
        <h3>Difference</h3>
        {draft.diff === '' ? <Empty title="Nothing differs" /> : <Diff text={draft.diff} />}
      </div>
      <div class="stack">
        <h3>Tests</h3>
        <TestsPanel id={id} text={draft.text} />
      </div>
      <div class="stack">
        <h3>Stored events</h3>
        <BacktestPanel id={id} text={draft.text} isAtOnce />
      </div>
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          Not now
        </button>
        <button
          type="button"
          class="button"
          data-kind="main"
          disabled={isBusy || !draft.isWritable}
          onClick={() => void activate()}
        >
          Activate
        </button>
      </div>
    </Dialog>
  );
}
