/** What a proxy of a fleet intercepts with, as the centre says: taken up in home, in force from the next start on. */
import type { InterceptionNews } from '../../fleet/enrolment/news.ts';
import { WeirError } from '../../flow/errors.ts';
import { installIntermediate, installShared, requestAuthority } from '../../proxy/tls/intermediate.ts';

/** Gives a request for an authority where one is to be sent to the centre, DER. Never throws: what fails is said. */
export function takeInterception(
  caFolder: string,
  news: InterceptionNews,
  intercept: readonly string[],
  say: (text: string) => void,
): Buffer | null {
  try {
    const now = new Date();
    if (news.kind === 'shared') {
      if (installShared(caFolder, news.certificate, news.key, now) !== null) say(`the fleet's authority is in ${NEXT}`);
    } else if (news.kind === 'intermediate') {
      if (news.certificates === null) return requestAuthority(caFolder);
      const taken = installIntermediate(caFolder, news.certificates, now, intercept);
      if (taken !== null) say(`this proxy's authority below the fleet's root is in ${NEXT}`);
    }
  } catch (error) {
    if (!(error instanceof WeirError)) throw error;
    say(`the authority that the centre has sent is not taken up: ${error.message}`);
  }
  return null;
}

const NEXT = 'home, and in force from the next start on; the one before stays trusted until weir ca rotate --drop-old';
