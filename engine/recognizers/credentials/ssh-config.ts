/** Entries of an SSH client's configuration: which host, as whom, with which key. */
import type { Passage } from '../../scan/passage.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const MAX_ENTRY = 800;

const entry = assembled('Host prod-db\n  HostName 10.20.30.40\n  User deploy\n  Identity', 'File ~/.ssh/prod_ed25519');

export const sshConfig: Recognizer = {
  name: 'ssh-config',
  entity: 'SSH_CONFIG',
  category: 'credential',
  countries: [],
  reach: { maxLength: 2 * MAX_ENTRY, opens: /(?<![^\n])Host [^\n]*(?:\n[ \t][^\n]*)*\n?[ \t]*$/ },
  cues: [{ literal: 'IdentityFile' }, { literal: 'ProxyJump' }, { literal: 'ProxyCommand' }],
  findAtCue(passage: Passage, start: number): void {
    if (passage.isRead('ssh-config', start)) return;
    const text = passage.text;
    const from = Math.max(0, start - MAX_ENTRY);
    const before = passage.ascii(from, start);
    const hostAt = Math.max(before.lastIndexOf('\nHost '), before.startsWith('Host ') ? 0 : -1);
    if (hostAt === -1) return;
    const begin = before[hostAt] === '\n' ? hostAt + 1 : hostAt;
    const whole = passage.ascii(from + begin, Math.min(text.length, start + MAX_ENTRY));
    const written = /^Host [^\n]+(?:\r?\n[ \t]+[A-Z]\w+[ \t=]+[^\n]+|\r?\n[ \t]*#[^\n]*)+/.exec(whole)?.[0].trimEnd();
    if (written === undefined || from + begin + written.length < start) return;
    passage.markRead('ssh-config', from + begin + written.length);
    const named = ['HostName', 'User', 'IdentityFile', 'ProxyJump', 'ProxyCommand'].filter((key) =>
      new RegExp(`\\n\\s+${key}\\s`, 'i').test(written),
    );
    const isExample = /example\.(?:com|org|net)|github\.com|your|<\w+>/i.test(written);
    const score = named.length >= 3 ? 0.8 : 0.6;
    passage.report(sshConfig, from + begin, from + begin + written.length, isExample ? 0.4 : score);
  },
  hits: [{ text: `# ~/.ssh/config\n${entry}\n\nHost *\n`, value: entry, atLeast: 0.8 }],
  misses: [
    { text: 'Set IdentityFile to the path of your key.' },
    { text: 'Host github.com\n  User git\n  IdentityFile ~/.ssh/id_ed25519' },
    { text: 'Host <your host>\n  HostName x\n  IdentityFile ~/.ssh/key' },
  ],
};
