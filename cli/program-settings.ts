/**
 * The same routing for programs that have settings of their own: git, and editors of VS Code's family, whose windows are
 * started by the desktop and inherit no shell's variables. It writes nothing; the user puts it where it belongs.
 */
import type { Variables } from './routing.ts';
import { posixWord } from './shell-words.ts';

export const PROGRAMS = ['git', 'vscode', 'cursor'] as const;
export type Program = (typeof PROGRAMS)[number];

/** Commands for git, JSON with comments for an editor's settings.json; with a final newline. */
export function settingsFor(program: Program, variables: Variables): string {
  return program === 'git' ? gitCommands(variables) : editorSettings(program, variables);
}

/** git-config(1): http.proxy holds for https as well. */
function gitCommands(variables: Variables): string {
  const proxy = variables['HTTPS_PROXY'] ?? '';
  const bundle = variables['GIT_SSL_CAINFO'] ?? '';
  return [
    `git config --global http.proxy ${posixWord(proxy)}`,
    'git config --global http.proxyAuthMethod basic',
    `git config --global http.sslCAInfo ${posixWord(bundle)}`,
    '# To take it back: git config --global --unset http.proxy (http.proxyAuthMethod, http.sslCAInfo)',
    '',
  ].join('\n');
}

/**
 * `http.*` is for the editor and its extensions, `terminal.integrated.env.*` for what is started in its terminals. The
 * authority has to come from the system's store: no setting names a file of certificates.
 */
function editorSettings(program: 'vscode' | 'cursor', variables: Variables): string {
  const settings = {
    'http.proxy': variables['HTTPS_PROXY'] ?? '',
    'http.proxySupport': 'on',
    'http.proxyStrictSSL': true,
    'http.systemCertificates': true,
    'http.noProxy': (variables['NO_PROXY'] ?? '').split(',').filter((entry) => entry !== ''),
    ...Object.fromEntries(['linux', 'osx', 'windows'].map((os) => [`terminal.integrated.env.${os}`, variables])),
  };
  const name = program === 'cursor' ? 'Cursor' : 'VS Code';
  const lines = JSON.stringify(settings, null, 2).split('\n').slice(1, -1);
  return [
    `// For ${name}'s user settings (Preferences: Open User Settings (JSON)), inside the outermost braces.`,
    '// The editor itself trusts what the system trusts: weir ca trust. Restart it afterwards.',
    ...lines,
    '',
  ].join('\n');
}
