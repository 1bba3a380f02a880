/** `weir ca rotate`: a new authority with an overlap, a step a call. */
import { loadOrCreateAuthority } from '../../proxy/tls/authority.ts';
import { beginRotation, dropOld, finishRotation } from '../../proxy/tls/rotation.ts';
import { homePaths } from '../../store/home.ts';
import { type Command, type CommandContext, hasOption, UsageError } from '../command.ts';

export const command: Command = {
  name: 'ca rotate',
  summary: 'make the next authority, with an overlap',
  usage: 'weir ca rotate [--finish|--drop-old]',
  details: `In three steps, with as much time between them as programs, containers and systems need to be started anew:

  weir ca rotate             makes the next key and certificate. Both certificates are in what \`weir env\`,
                             \`run\`, \`ca export\` and \`ca trust\` give; the present one still signs.
  weir ca rotate --finish    from the next \`weir up\` on the next one signs. The one before stays trusted; its
                             key is deleted.
  weir ca rotate --drop-old  the one before is trusted no longer by what is started from then on.

The new certificate is made for the hosts of proxy.intercept as they stand now. Exits 0, 1 when there is nothing to do.`,
  example: `weir ca rotate && sudo -E weir ca trust
weir ca rotate --finish`,
  options: { finish: { type: 'boolean' }, 'drop-old': { type: 'boolean' } },
  run,
};

async function run(context: CommandContext): Promise<number> {
  const config = context.config();
  const { caFolder } = homePaths(config.home);
  const isFinish = hasOption(context, 'finish');
  const isDrop = hasOption(context, 'drop-old');
  if (isFinish && isDrop) throw new UsageError('takes --finish or --drop-old, not both');
  if (isFinish) return finish(context, caFolder);
  if (isDrop) return drop(context, caFolder);
  const next = beginRotation(caFolder, new Date(), config.proxy.intercept);
  const { certPath, certificate } = loadOrCreateAuthority(caFolder);
  if (next === null) {
    context.err('weir ca: a rotation is under way already; end it with: weir ca rotate --finish\n');
    return 1;
  }
  context.err(`weir ca: the next certificate authority is made and trusted beside the present one
  Start anew what runs with the variables of weir env or weir run, mount ${certPath} anew, and tell systems and
  browsers (weir ca trust). Then, before ${dayOf(certificate.validToDate)}: weir ca rotate --finish
`);
  context.out(`${certPath}\n`);
  return 0;
}

function finish(context: CommandContext, caFolder: string): number {
  const authority = finishRotation(caFolder);
  if (authority === null) {
    context.err('weir ca: no rotation is under way; begin one with: weir ca rotate\n');
    return 1;
  }
  context.err(`weir ca: from the next start on, "${authority.certificate.subject}" signs
  A weir that is running shows certificates of the one before until it is started again; both are trusted.
  When nothing needs that one any longer: weir ca rotate --drop-old
`);
  context.out(`${authority.certPath}\n`);
  return 0;
}

function drop(context: CommandContext, caFolder: string): number {
  if (!dropOld(caFolder)) {
    context.err('weir ca: no certificate before the present one is trusted\n');
    return 1;
  }
  context.out(`${loadOrCreateAuthority(caFolder).certPath}\n`);
  return 0;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}
