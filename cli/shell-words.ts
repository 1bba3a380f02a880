/**
 * Variables written so that a shell, a container engine or Kubernetes reads back exactly the value that was meant,
 * whatever is in it. It knows quoting and nothing of what the variables are for.
 */
import type { Variables } from './routing.ts';

export const SHELLS = ['bash', 'fish', 'pwsh', 'docker', 'k8s', 'systemd'] as const;
export type Shell = (typeof SHELLS)[number];

/** One assignment a line (k8s: two); with a final newline. Throws RangeError for a value that the form cannot hold. */
export function assignments(shell: Shell, variables: Variables): string {
  const write = WRITERS[shell];
  return Object.entries(variables)
    .map(([name, value]) => {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new RangeError('not a name of a variable');
      if (value.includes('\0')) throw new RangeError(`${name} holds a NUL, which no environment can hold`);
      return write(name, value);
    })
    .join('');
}

const WRITERS: Readonly<Record<Shell, (name: string, value: string) => string>> = {
  bash: (name, value) => `export ${name}=${posixWord(value)}\n`,
  // Inside single quotes fish knows \\ and \' and nothing else.
  fish: (name, value) => `set -gx ${name} '${value.replace(/[\\']/g, '\\$&')}'\n`,
  // PowerShell ends a quoted word at typographic quotes as well; doubled, each stands for itself.
  pwsh: (name, value) => `$env:${name} = '${value.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'\n`,
  docker: (name, value) => {
    // An env file has no quoting at all: a value ends with its line.
    if (/[\r\n]/.test(value)) throw new RangeError(`${name} holds a line break, which an env file cannot hold`);
    return `${name}=${value}\n`;
  },
  // JSON's strings are YAML's; $(NAME) would be replaced by the kubelet, $$ stands for a dollar.
  k8s: (name, value) => `- name: ${name}\n  value: ${JSON.stringify(value.replaceAll('$(', '$$$$('))}\n`,
  // systemd.exec(5): C escapes inside the quotes; % begins a specifier, and $ stands for itself.
  systemd: (name, value) => `Environment="${name}=${systemdText(value)}"\n`,
};

function systemdText(value: string): string {
  return value.replace(/[\\"]/g, '\\$&').replaceAll('%', '%%').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}

/** A word of a POSIX shell: single quotes, in which nothing is special but their end. */
export function posixWord(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
