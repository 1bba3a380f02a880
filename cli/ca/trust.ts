/**
 * `weir ca trust`: makes the system's own trust store take the authority, for programs that no variable reaches. It
 * runs the system's own tools and edits no store by itself; without the rights it says which command to run.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { pemOf } from '../../keys/certificate.ts';
import { putOver } from '../../keys/private-files.ts';
import { type Authority, loadOrCreateAuthority, type TrustedCertificate } from '../../proxy/tls/authority.ts';
import { homePaths } from '../../store/home.ts';
import { type Command, type CommandContext, hasOption } from '../command.ts';
import { posixWord } from '../shell-words.ts';

export const command: Command = {
  name: 'ca trust',
  summary: 'make this system trust it',
  usage: 'weir ca trust [--dry-run]',
  details: `Adds the authority's certificate to the trust store of Debian, Ubuntu, Alpine, Fedora, RHEL, Arch, openSUSE or
macOS; elsewhere says what to do. Needs root. Java of Debian and Fedora follows the system; Firefox has a
store of its own, and Chrome on Linux as well.

  --dry-run  print the commands, run none

Exits 0 when it is trusted (or --dry-run), 1 when it could not be done.`,
  example: `weir ca trust --dry-run
sudo -E weir ca trust`,
  options: { 'dry-run': { type: 'boolean' } },
  run,
};

/** How a system is told: a copy of the certificate where one is wanted, then a program. */
export interface Recipe {
  readonly copyTo: string | null;
  readonly command: readonly string[];
  /** How to take it back, for the user to keep. */
  readonly undo: string;
}

interface Anchor {
  readonly folder: string;
  readonly tool: string;
  readonly args: readonly string[];
}

const ANCHORS: readonly Anchor[] = [
  { folder: '/usr/local/share/ca-certificates', tool: '/usr/sbin/update-ca-certificates', args: [] }, // Debian, Alpine
  { folder: '/etc/pki/ca-trust/source/anchors', tool: '/usr/bin/update-ca-trust', args: ['extract'] }, // Fedora, RHEL
  { folder: '/etc/ca-certificates/trust-source/anchors', tool: '/usr/bin/update-ca-trust', args: ['extract'] }, // Arch
  { folder: '/etc/pki/trust/anchors', tool: '/usr/sbin/update-ca-certificates', args: [] }, // openSUSE
];

/** Null for a system that is not known. `isThere` looks for a path. */
export function recipeFor(
  platform: NodeJS.Platform,
  certPath: string,
  digest: string,
  isThere: (path: string) => boolean,
): Recipe | null {
  if (platform === 'darwin') {
    const keychain = '/Library/Keychains/System.keychain';
    const command = ['security', 'add-trusted-cert', '-d', '-r', 'trustRoot', '-k', keychain, certPath];
    return { copyTo: null, command, undo: `sudo security remove-trusted-cert -d ${posixWord(certPath)}` };
  }
  if (platform === 'win32') {
    return {
      copyTo: null,
      command: ['certutil', '-addstore', '-f', 'ROOT', certPath],
      undo: 'certutil -delstore ROOT',
    };
  }
  const anchor = ANCHORS.find(({ folder, tool }) => isThere(folder) && isThere(tool));
  if (anchor === undefined) return null;
  // Named after this authority: two homes of one host do not take each other's place.
  const copyTo = `${anchor.folder}/weir-${digest.slice(0, 8)}.crt`;
  const command = [anchor.tool, ...anchor.args];
  return { copyTo, command, undo: `sudo rm ${copyTo} && sudo ${command.join(' ')}` };
}

async function run(context: CommandContext): Promise<number> {
  const { home, proxy } = context.config();
  const { caFolder } = homePaths(home);
  const authority = loadOrCreateAuthority(caFolder, new Date(), proxy.intercept);
  const wanted: Wanted[] = [];
  for (const one of authority.trusted) {
    const certPath = fileOf(one, authority, caFolder);
    const recipe = recipeFor(process.platform, certPath, one.digest, existsSync);
    if (recipe !== null) wanted.push({ certPath, recipe });
  }
  if (wanted.length === 0) {
    context.err(`weir ca: this system's trust store is not known; add ${authority.certPath} to it by its own means\n`);
    return 1;
  }
  const lines = wanted.flatMap(({ certPath, recipe }) => commandsOf(recipe, certPath));
  if (hasOption(context, 'dry-run')) {
    context.out(`${lines.join('\n')}\n`);
    return 0;
  }
  if (process.getuid?.() !== 0) {
    const prefix = process.platform === 'win32' ? '' : 'sudo ';
    context.err(`weir ca: this needs an administrator's rights; run:\n`);
    for (const line of lines) context.err(`  ${prefix}${line}\n`);
    return 1;
  }
  return Math.max(...wanted.map(({ certPath, recipe }) => carryOut(context, recipe, certPath)));
}

interface Wanted {
  readonly certPath: string;
  readonly recipe: Recipe;
}

/** A file with this certificate alone: systems' tools take one a file. */
function fileOf({ digest, certificate }: TrustedCertificate, authority: Authority, caFolder: string): string {
  if (authority.trusted.length === 1) return authority.certPath;
  const path = join(caFolder, `ca-${digest}.pem`);
  putOver(path, pemOf(certificate.raw), 0o644);
  return path;
}

function carryOut(context: CommandContext, recipe: Recipe, certPath: string): number {
  if (recipe.copyTo !== null) copyFileSync(certPath, recipe.copyTo);
  const [tool = '', ...args] = recipe.command;
  const { status, error } = spawnSync(tool, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) {
    context.err(`weir ca: ${tool} failed${error === undefined ? ` with exit code ${status}` : `: ${error.message}`}\n`);
    return 1;
  }
  context.err(`weir ca: this system now trusts ${certPath}\n  To take it back: ${recipe.undo}\n`);
  return 0;
}

function commandsOf(recipe: Recipe, certPath: string): string[] {
  const words = recipe.command.map((word) => (/^[\w./-]+$/.test(word) ? word : posixWord(word))).join(' ');
  return recipe.copyTo === null ? [words] : [`install -m 644 ${posixWord(certPath)} ${recipe.copyTo}`, words];
}
