/** `weir ca`: the certificate authority of this home. The private key is never printed. */
import { type Command, UsageError } from './command.ts';

export const command: Command = {
  name: 'ca',
  summary: 'the certificate authority of this home',
  usage: 'weir ca init|path|export|trust|rotate|root|request|sign|install',
  details: `The proxy reads TLS by showing certificates of its own, which clients accept once they trust this authority.
\`weir run\` and \`weir env\` see to that for what they start; \`weir ca trust\` does for the whole system.
The key stays in home (ca/ca.key, mode 0600) and signs for no one else.`,
  example: `weir ca path
weir ca export > weir-ca.pem
sudo weir ca trust`,
  options: {},
  subcommands: [
    { name: 'init', summary: 'make it, or with --force make a new one', load: () => import('./ca/init.ts') },
    { name: 'path', summary: 'print the path of its certificate', load: () => import('./ca/path.ts') },
    { name: 'export', summary: 'print its certificate', load: () => import('./ca/export.ts') },
    { name: 'trust', summary: 'make this system trust it', load: () => import('./ca/trust.ts') },
    { name: 'rotate', summary: 'make the next one, with an overlap', load: () => import('./ca/rotate.ts') },
    { name: 'root', summary: 'make an offline root for many proxies', load: () => import('./ca/root.ts') },
    { name: 'request', summary: 'ask a root for an authority of its own', load: () => import('./ca/request.ts') },
    { name: 'sign', summary: "answer a proxy's request, at the root", load: () => import('./ca/sign.ts') },
    { name: 'install', summary: "take up the root's answer", load: () => import('./ca/install.ts') },
  ],
  async run() {
    throw new UsageError('needs one of init, path, export, trust, rotate, root, request, sign, install');
  },
};
