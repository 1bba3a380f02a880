/**
 * `weir env`: the variables of `weir run`, printed for a shell, a container or Kubernetes. It starts nothing; it makes
 * the authority and the files of certificates that the variables name, where they are missing.
 */
import { parseHostPort } from '../catalog/host.ts';
import type { Config } from '../config/config.ts';
import { type Authority, loadOrCreateAuthority } from '../proxy/tls/authority.ts';
import { homePaths } from '../store/home.ts';
import { appLabel } from './app-label.ts';
import { type Command, type CommandContext, choiceOption, hasOption, textOption, UsageError } from './command.ts';
import { PROGRAMS, type Program, settingsFor } from './program-settings.ts';
import { containerVariables, proxyUrl, type Routing, routingOf, type Variables } from './routing.ts';
import { findProxy } from './running-proxy.ts';
import { assignments, posixWord, SHELLS, type Shell } from './shell-words.ts';

type Form = Shell | Program;

/** Where a container finds the mounted certificates. */
const MOUNT = '/etc/weir';
/** The names by which a container and a pod usually reach the proxy. */
const DEFAULT_HOSTS: Readonly<Record<string, string>> = { docker: 'host.docker.internal', k8s: 'weir' };

export const command: Command = {
  name: 'env',
  summary: 'print the variables that `run` would set',
  usage: 'weir env [--shell FORM] [--app LABEL[:TOKEN]] [--address HOST:PORT] [--json]',
  details: `Prints what routes programs through the proxy and makes them trust its certificate authority.
What is set already is joined: NO_PROXY, further roots, NODE_OPTIONS, JAVA_TOOL_OPTIONS.

  --shell    bash (also zsh, sh), fish, pwsh; docker: a file for --env-file; k8s: the env of a container;
             systemd: lines for a unit's [Service]; git: git config commands; vscode, cursor: settings
  --app      the label under which the calls are recorded; a token also from WEIR_APP_TOKEN
  --address  where the proxy is to be reached, when not where proxy.listen says
  --json     one object of names and values

Exits 0. The proxy itself is started by \`weir up\`.`,
  example: `eval "$(weir env)"
weir env --shell fish | source
weir env --shell systemd > /etc/systemd/system/app.service.d/weir.conf
weir env --shell docker --address host.docker.internal:8787 > weir.env`,
  options: {
    shell: { type: 'string' },
    app: { type: 'string' },
    address: { type: 'string' },
    json: { type: 'boolean' },
  },
  run,
};

async function run(context: CommandContext): Promise<number> {
  if (context.positionals.length > 0) throw new UsageError('takes no arguments; for a command use: weir run -- CMD');
  const shell = choiceOption(context, 'shell', [...SHELLS, 'zsh', 'sh', ...PROGRAMS]) ?? 'bash';
  const form: Form = shell === 'zsh' || shell === 'sh' ? 'bash' : shell;
  const label = appLabel(context);
  const config = context.config();
  const listen = listenFor(context, form, config);
  const { caFolder } = homePaths(config.home);
  const authority = loadOrCreateAuthority(caFolder, new Date(), config.proxy.intercept);
  const proxy = proxyUrl(listen, label?.label ?? null, label?.token ?? null);
  const isContainer = form === 'docker' || form === 'k8s';
  // Of what this host's user trusts or excepts, nothing belongs into a container.
  const env = isContainer ? {} : context.env;
  const routing = routingOf({ proxy, caFolder, caPath: authority.certPath, env });
  if (isContainer) {
    print(context, form, containerVariables(proxy, MOUNT), mountsFor(form, caFolder, listen.port));
    return 0;
  }
  print(context, form, routing.variables, form === 'systemd' ? '[Service]\n' : '');
  await advise(context, routing, authority, listen);
  return 0;
}

function listenFor(context: CommandContext, form: Form, config: Config): Config['proxy']['listen'] {
  const given = textOption(context, 'address');
  if (given === null) return { ...config.proxy.listen, host: DEFAULT_HOSTS[form] ?? config.proxy.listen.host };
  const address = parseHostPort(given);
  if (address === null) throw new UsageError('--address must be HOST:PORT');
  return address;
}

function print(context: CommandContext, form: Form, variables: Variables, heading: string): void {
  if (hasOption(context, 'json')) {
    context.out(`${JSON.stringify(variables, null, 2)}\n`);
    return;
  }
  let text: string;
  try {
    text = isProgram(form) ? settingsFor(form, variables) : assignments(form, variables);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
  context.out(heading + text);
}

function isProgram(form: Form): form is Program {
  return PROGRAMS.some((program) => program === form);
}

/** Comments in the output's own syntax: what has to be mounted, never the folder, in which the key lies. */
function mountsFor(form: 'docker' | 'k8s', caFolder: string, port: number): string {
  const files = ['ca.pem', 'bundle.pem', 'java.jks'];
  if (form === 'docker') {
    const mounts = files.map((file) => `-v ${posixWord(`${caFolder}/${file}`)}:${MOUNT}/${file}:ro`);
    return [
      '# docker run --env-file THIS_FILE --add-host host.docker.internal:host-gateway \\',
      ...mounts.map((mount, index) => `#   ${mount}${index < mounts.length - 1 ? ' \\' : ' IMAGE'}`),
      `# The proxy has to listen where containers reach it, for example proxy.listen: 172.17.0.1:${port}, and off`,
      '# loopback it asks for a token: give the app one in apps and pass --app LABEL:TOKEN here.',
      '',
    ].join('\n');
  }
  const sources = files.map((file) => `--from-file=${posixWord(`${caFolder}/${file}`)}`);
  return [
    `# kubectl create configmap weir-ca ${sources.join(' ')}`,
    `# volumes: [{name: weir-ca, configMap: {name: weir-ca}}]`,
    `# volumeMounts: [{name: weir-ca, mountPath: ${MOUNT}, readOnly: true}]`,
    '',
  ].join('\n');
}

/** What a shell that has been set up would only find out by failing calls. On stderr: the output is evaluated. */
async function advise(
  context: CommandContext,
  routing: Routing,
  authority: Authority,
  listen: Config['proxy']['listen'],
): Promise<void> {
  for (const warning of routing.warnings) context.err(`weir env: ${warning}\n`);
  const found = await findProxy(listen, authority, 300);
  const place = proxyUrl(listen, null, null);
  if (found === 'nothing') context.err(`weir env: nothing listens at ${place} yet; start it with: weir up\n`);
  if (found === 'other-home')
    context.err(`weir env: the weir at ${place} has another home: its certificates will fail\n`);
  if (found === 'stranger') context.err(`weir env: what listens at ${place} is not a weir\n`);
}
