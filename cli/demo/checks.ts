/** What the demo claims, each claim checked against what really happened; `weir demo` fails when one does not hold. */
import type { Played } from './play.ts';
import { AWS_KEY, CARD, MAIL, PERSON } from './values.ts';

export interface Check {
  readonly claim: string;
  readonly holds: boolean;
}

export function check(played: Played): Check[] {
  const { calls, received } = played;
  const of = (step: number) => calls.filter((call) => call.app.step === step);
  const [clean] = of(1);
  const [letter] = of(2);
  const [card] = of(3);
  const session = of(4);
  const reached = (value: string): boolean => received.some(({ body }) => body.includes(value));
  const last = session.at(-1);
  return [
    {
      claim: 'the clean prompt reached the provider as it was, and its answer the app',
      holds:
        clean?.event?.action === 'allow' &&
        clean.app.got !== null &&
        textOf(clean.provider?.body).includes(clean.app.sent),
    },
    {
      claim: 'name and e-mail address reached the provider as pseudonyms, and were put back in the stream',
      holds:
        !reached(PERSON) &&
        !reached(MAIL) &&
        letter?.event?.action === 'tokenize' &&
        letter.app.got?.includes(PERSON) === true &&
        letter.app.got.includes(MAIL),
    },
    {
      claim: 'the card number was blocked at once, with one request, and never reached the provider',
      holds:
        !reached(CARD) &&
        card?.provider === null &&
        card.event?.action === 'block' &&
        card.app.error?.startsWith('BadRequestError') === true &&
        card.app.httpRequests === 1,
    },
    {
      claim:
        "the agent's session finished in six turns, its tool got the key back, and the key never reached the provider",
      holds:
        session.length === 6 &&
        session.every((call) => call.app.error === null) &&
        !reached(AWS_KEY) &&
        session[2]?.app.got?.includes(AWS_KEY) === true &&
        last?.app.got?.includes(AWS_KEY) === true,
    },
    {
      claim: 'every call is one event in the log, and the chain of the log verifies',
      holds: played.isChainWhole && calls.length === 9 && calls.every((call) => call.event !== null),
    },
    { claim: 'none of the values is on disk in clear', holds: played.filesInClear.length === 0 },
  ];
}

function textOf(body: Buffer | undefined): string {
  return body?.toString('utf8') ?? '';
}
