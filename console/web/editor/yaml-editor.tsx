/**
 * The editor of policies: CodeMirror with YAML, what the server finds wrong, and what the schema lets stand. It lives in a
 * shadow root, where CodeMirror uses style sheets made by script, which the pages' policy allows, and not `style` elements.
 */
import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
} from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic, lintGutter, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { basicSetup } from 'codemirror';
import { useEffect, useRef } from 'preact/hooks';
import type { Problem } from '../../api/shapes.ts';
import { schemaOffers } from './schema-offers.ts';
import { yamlPlace } from './yaml-place.ts';

interface Props {
  readonly label: string;
  /** What it begins with, and takes on when `times` changes. */
  readonly text: string;
  readonly times: number;
  readonly isReadOnly: boolean;
  readonly problems: readonly Problem[];
  /** JSON Schema; null until it is there. */
  readonly schema: unknown;
  readonly entities: readonly string[];
  /** Line to show, from 1; null for none. */
  readonly line: number | null;
  readonly onChange: (text: string) => void;
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.definition(tags.propertyName), tags.propertyName], color: 'var(--accent)' },
  { tag: tags.comment, color: 'var(--text-3)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--allow)' },
  { tag: [tags.keyword, tags.atom, tags.bool, tags.number], color: 'var(--tokenize)' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--text-2)' },
  { tag: [tags.labelName, tags.typeName], color: 'var(--redact)' },
  { tag: tags.meta, color: 'var(--text-3)' },
]);

const LOOK = EditorView.theme({
  '&': { height: '100%', fontSize: '0.8125rem', color: 'var(--text)', backgroundColor: 'var(--surface)' },
  '&.cm-focused': { outline: '2px solid var(--focus)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.6', overflow: 'auto' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-gutters': { color: 'var(--text-3)', backgroundColor: 'var(--sunken)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in oklch, var(--hover) 60%, transparent)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklch, var(--accent) 28%, transparent)',
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--accent-soft)', color: 'inherit' },
  '.cm-selectionMatch': { backgroundColor: 'var(--accent-soft)' },
  '.cm-foldPlaceholder': { backgroundColor: 'var(--sunken)', border: '1px solid var(--line)', color: 'var(--text-2)' },
  '.cm-tooltip': {
    color: 'var(--text)',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line-strong)',
    borderRadius: '6px',
  },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { color: 'var(--text)', backgroundColor: 'var(--accent-soft)' },
  '.cm-completionDetail': { color: 'var(--text-2)', fontStyle: 'normal' },
  // Its own marks are pictures in the sheet (`data:`), which the pages' policy refuses.
  '.cm-lintRange, .cm-lintRange-error, .cm-lintRange-warning': {
    backgroundImage: 'none',
    textDecoration: 'underline wavy var(--block)',
    textDecorationSkipInk: 'none',
  },
  '.cm-lint-marker, .cm-lint-marker-error, .cm-lint-marker-warning': {
    content: 'none',
    width: '8px',
    height: '8px',
    margin: '0.45em 3px',
    borderRadius: '50%',
    backgroundColor: 'var(--block)',
  },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--block)' },
  '.cm-panels': { color: 'var(--text)', backgroundColor: 'var(--sunken)' },
  '.cm-panels input, .cm-panels button': {
    font: 'inherit',
    color: 'inherit',
    background: 'var(--surface)',
    border: '1px solid var(--line-strong)',
    borderRadius: '4px',
  },
});

function completions(
  context: CompletionContext,
  schema: unknown,
  entities: readonly string[],
): CompletionResult | null {
  const before = context.state.doc.sliceString(0, context.pos);
  const place = yamlPlace(before);
  if (place === null || schema === null) return null;
  const word = /[\w:.*-]*$/.exec(place.begun)?.[0] ?? '';
  if (word === '' && !context.explicit && place.kind === 'key' && place.begun !== '') return null;
  const options = schemaOffers(schema, place, entities).map(
    ({ text, kind, note }): Completion => ({
      label: text,
      type: kind === 'key' ? 'property' : 'enum',
      detail: note,
      apply: kind === 'key' ? `${text}: ` : /[:*]/.test(text) ? `"${text}"` : text,
    }),
  );
  return options.length === 0 ? null : { from: context.pos - word.length, options, validFor: /^[\w:.*-]*$/ };
}

/** Problems as CodeMirror has them; a place behind the end of the text is put at its end. */
function diagnostics(state: EditorState, problems: readonly Problem[]): readonly Diagnostic[] {
  return problems.map(({ line, column, message }) => {
    const at = state.doc.line(Math.max(1, Math.min(line, state.doc.lines)));
    const from = Math.min(at.to, at.from + Math.max(0, column - 1));
    const word = /^[^\s,:}\]]+/.exec(at.text.slice(from - at.from))?.[0].length ?? 0;
    return { from, to: Math.max(from, Math.min(at.to, from + word)), severity: 'error', message };
  });
}

export function YamlEditor({ label, text, times, isReadOnly, problems, schema, entities, line, onChange }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const writable = useRef(new Compartment());
  const latest = useRef({ schema, entities, onChange, text, isReadOnly, label });
  latest.current = { schema, entities, onChange, text, isReadOnly, label };

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    const parent = document.createElement('div');
    parent.style.height = '100%';
    root.append(parent);
    const editor = new EditorView({
      parent,
      root,
      state: EditorState.create({
        doc: latest.current.text,
        extensions: [
          basicSetup,
          yaml(),
          syntaxHighlighting(COLOURS),
          LOOK,
          lintGutter(),
          autocompletion({
            override: [(context) => completions(context, latest.current.schema, latest.current.entities)],
            activateOnTyping: true,
            icons: false,
          }),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ 'aria-label': latest.current.label, tabindex: '0' }),
          writable.current.of([EditorState.readOnly.of(latest.current.isReadOnly), EditorView.editable.of(true)]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      editor.destroy();
      parent.remove();
      view.current = null;
    };
  }, []);

  // The editor leads: what is written goes out, and comes in again only as another text, such as a draft that was dropped.
  // Put in with each render, it would race what is being typed.
  useEffect(() => {
    const editor = view.current;
    if (editor === null || times === 0) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: latest.current.text } });
  }, [times]);

  useEffect(() => {
    view.current?.dispatch({ effects: writable.current.reconfigure(EditorState.readOnly.of(isReadOnly)) });
  }, [isReadOnly]);

  useEffect(() => {
    const editor = view.current;
    if (editor !== null) editor.dispatch(setDiagnostics(editor.state, [...diagnostics(editor.state, problems)]));
  }, [problems]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || line === null || line > editor.state.doc.lines) return;
    const { from } = editor.state.doc.line(line);
    editor.dispatch({
      selection: { anchor: from },
      effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 40 }),
    });
  }, [line]);

  return <div class="editor" ref={host} />;
}
