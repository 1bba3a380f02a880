/** `weir fleet rotate certificate`: another authority of the fleet, a step a call, with as much time between as nodes need. */
import type { FleetTrust } from '../../fleet/enrolment/fleet-authorities.ts';
import { notYetTrusting, stillUnderOld, type Waiting } from '../../fleet/enrolment/rotation.ts';
import { shortId } from '../../fleet/enrolment/trust.ts';
import { type CommandContext, hasOption, UsageError } from '../command.ts';
import { type CentreHere, centreHere } from './centre-here.ts';

const STEPS = ['switch', 'drop-old', 'cancel', 'compromised'] as const;
type Step = (typeof STEPS)[number];

/** Exits 1 where there is nothing to do, or nodes are not ready. */
export function rotateCertificate(context: CommandContext): number {
  const steps = STEPS.filter((step) => hasOption(context, step));
  if (steps.length > 1) throw new UsageError(`takes one of --${STEPS.join(', --')}`);
  const here = centreHere(context);
  const now = new Date();
  const fleet = here.files.settings().id;
  const { authorities } = here.files;
  const before = authorities.trust;
  const isAnyway = hasOption(context, 'anyway');
  const [step] = steps;
  if (step === undefined) {
    const next = authorities.begin(fleet, now);
    if (next === null) return nothing(here, `a rotation is under way already: ${wayOn(before)}`);
    told(
      here,
      context,
      `the fleet's next authority ${shortId(next.digest)} was made; ${idOf(before)} issues as before`,
    );
    here.say(
      'nodes trust both from their next question on; have the servers trust both too (weir fleet authorities --out FILE), ' +
        'then: weir fleet rotate certificate --switch',
    );
    return 0;
  }
  return STEP[step]({ here, context, now, fleet, before, isAnyway });
}

interface Taking {
  readonly here: CentreHere;
  readonly context: CommandContext;
  readonly now: Date;
  readonly fleet: string;
  readonly before: FleetTrust;
  readonly isAnyway: boolean;
}

const STEP: Readonly<Record<Step, (taking: Taking) => number>> = {
  switch: ({ here, context, now, before, isAnyway }) => {
    if (before.next === null) return nothing(here, `there is no next authority: ${wayOn(before)}`);
    const waiting = notYetTrusting(here.files.nodes(), before, now);
    if (isRefused(here, waiting, isAnyway, 'would not know what is issued from now on')) return 1;
    here.files.authorities.switchToNext(now);
    told(
      here,
      context,
      `the fleet's authority ${shortId(before.next.digest)} issues; ${idOf(before)} is trusted still`,
    );
    here.say(
      'nodes renew their certificates with their next questions; make those of servers anew (weir fleet certificate), ' +
        'then: weir fleet rotate certificate --drop-old',
    );
    return 0;
  },
  'drop-old': ({ here, context, now, before, isAnyway }) => {
    if (before.before === null)
      return nothing(here, `no authority before the present one is trusted: ${wayOn(before)}`);
    const waiting = stillUnderOld(here.files.nodes(), here.files.servers(now), before, now);
    if (isRefused(here, waiting, isAnyway, 'would be cut off, and have to join again')) return 1;
    here.files.authorities.dropOld(now);
    // Those of before the switch name a certificate that is gone.
    removeTokens(here, before.changed);
    told(here, context, `the fleet trusts its authority ${shortId(before.before.digest)} no longer`);
    here.say('have the servers trust the present one alone: weir fleet authorities --out FILE');
    return 0;
  },
  cancel: ({ here, context, now, before }) => {
    if (before.next === null || !here.files.authorities.cancel(now)) {
      return nothing(here, `there is no next authority to take back: ${wayOn(before)}`);
    }
    told(here, context, `the fleet's next authority ${shortId(before.next.digest)} was taken back unused`);
    return 0;
  },
  compromised: ({ here, context, now, fleet, before }) => {
    here.files.authorities.replace(fleet, now);
    removeTokens(here, null);
    const gone = before.all.map(({ digest }) => shortId(digest)).join(' and ');
    told(here, context, `the fleet's authority was replaced at once; ${gone} can no longer be trusted`, true);
    here.say('first of all give the servers the new one: weir fleet authorities --out FILE, weir fleet certificate');
    for (const { name, revoked } of here.files.nodes()) {
      if (revoked === null)
        here.say(`${name} has to join again: weir fleet token --node ${name}; weir join TOKEN --again`);
    }
    return 0;
  },
};

function isRefused({ say }: CentreHere, waiting: readonly Waiting[], isAnyway: boolean, otherwise: string): boolean {
  for (const { who, why } of waiting) say(`${who} ${why}`);
  if (waiting.length === 0) return false;
  const count = waiting.length === 1 ? 'it' : `these ${waiting.length}`;
  if (isAnyway) say(`${count} ${otherwise}; it is done anyway`);
  else
    say(
      `refused: ${count} ${otherwise}; wait for the next news, take out what is gone (weir fleet revoke), or --anyway`,
    );
  return !isAnyway;
}

function nothing({ say }: CentreHere, why: string): number {
  say(why);
  return 1;
}

function told({ files, record, say }: CentreHere, context: CommandContext, text: string, isGrave = false): void {
  record(text, isGrave);
  say(text);
  context.out(`${shortId(files.pin())}\n`);
}

function removeTokens({ files, say }: CentreHere, madeBefore: string | null): void {
  const now = Date.now();
  for (const { id, created, role, usesLeft, expires } of files.tokens()) {
    if (madeBefore !== null && created >= madeBefore) continue;
    files.removeToken(id);
    const isGood = usesLeft > 0 && Date.parse(expires) > now;
    if (isGood)
      say(`the token ${id} (${role}) is taken back: whoever was to join by it needs another (weir fleet token)`);
  }
}

function idOf({ issuer }: FleetTrust): string {
  return shortId(issuer.digest);
}

function wayOn({ next, before, changed }: FleetTrust): string {
  const since = changed === null ? '' : ` since ${changed.slice(0, 19)}`;
  if (next !== null) return `the next one waits${since} for weir fleet rotate certificate --switch (or --cancel)`;
  if (before !== null)
    return `the one before is trusted still${since}; weir fleet rotate certificate --drop-old ends it`;
  return 'weir fleet rotate certificate begins with one';
}
