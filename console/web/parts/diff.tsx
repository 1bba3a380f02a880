/** A unified diff, its lines coloured by what they do; each still begins with its sign. */
const KINDS: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'place' };

function kindOf(line: string): string | undefined {
  if (line.startsWith('+++') || line.startsWith('---')) return 'place';
  return KINDS[line.charAt(0)];
}

export function Diff({ text }: { readonly text: string }) {
  if (text.trim() === '') return <p class="muted">Nothing differs.</p>;
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <pre class="block-code diff">
      {lines.map((line, i) => (
        <span class={kindOf(line) ?? 'same'} key={`${i}:${line}`}>
          {line}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
