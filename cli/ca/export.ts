/** `weir ca export`: the certificate itself, to be carried to another machine. Never the key. */
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { homePaths } from '../../store/home.ts';
import { type Command, type CommandContext, choiceOption } from '../command.ts';

export const command: Command = {
  name: 'ca export',
  summary: 'print its certificate',
  usage: 'weir ca export [--format pem|der]',
  details: `Prints the authority's certificate on stdout, as PEM or as DER (binary, the one that signs). While the
authority is rotated, PEM holds both certificates. The key is not part of it. Exits 0.`,
  example: `weir ca export > weir-ca.pem
weir ca export --format der > weir-ca.crt`,
  options: { format: { type: 'string' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const format = choiceOption(context, 'format', ['pem', 'der']) ?? 'pem';
  const { home, proxy } = context.config();
  const { certificate, trustPem } = loadOrCreateAuthority(homePaths(home).caFolder, new Date(), proxy.intercept);
  if (format === 'pem') context.out(trustPem);
  else process.stdout.write(certificate.raw); // the context writes text
  return 0;
}
