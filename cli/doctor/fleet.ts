/** Checks of a node's place in its fleet, and of the seal on the secrets of its home. Asks nobody. */
import { standingOf } from '../../fleet/enrolment/membership.ts';
import { NodeFiles } from '../../fleet/enrolment/node-files.ts';
import { sealPlaceText } from '../../keys/seal.ts';
import { homePaths, readFingerprintKeys } from '../../store/home.ts';
import { sealedState } from '../../store/sealed-home.ts';
import { broken, type Check, off, ok, warning } from './check.ts';

const DAY_MS = 86_400_000;
const SKEW_MS = 300_000;

export function checkFleet(home: string, now: number): Check {
  const files = new NodeFiles(home);
  const identity = files.identity();
  if (identity === null) return off('fleet', 'this home has joined no fleet (weir join)');
  const standing = standingOf(identity, files.state(), now);
  const { name, role, until, isExpired, problem, isRefused, duplicate, skewMs } = standing;
  const rejoin = `At the centre: weir fleet token --node ${name}; here: weir join TOKEN --again.`;
  if (isExpired) return broken('fleet', `the certificate of node ${name} expired on ${until.toISOString()}`, rejoin);
  if (isRefused && problem !== null) return broken('fleet', problem, rejoin);
  const epochs = readFingerprintKeys(homePaths(home)).map(({ epoch }) => epoch);
  const days = ((until.getTime() - now) / DAY_MS).toFixed(1);
  const what = `${name}, ${role}, ${days} days left, fingerprint epochs ${epochs.join(', ')}`;
  if (duplicate !== null) {
    return warning('fleet', `${what}; ${duplicate}`, 'Give the copy a home of its own, and let it join by itself.');
  }
  if (Math.abs(skewMs) > SKEW_MS) {
    const apart = `this clock is ${Math.round(skewMs / 1000)} s ahead of the centre's`;
    return warning('fleet', `${what}; ${apart}`, 'Set the clock that is wrong.');
  }
  if (problem !== null) return warning('fleet', `${what}; ${problem}`, 'What this node has goes on meanwhile.');
  return ok('fleet', what);
}

export function checkSeal(home: string): Check {
  const { place, sealed, others } = sealedState(home);
  if (place === null)
    return off('secrets', 'not sealed: whoever reads the disk of home has its keys (weir secrets seal)');
  const by = sealPlaceText(place);
  if (others.length === 0) return ok('secrets', `${sealed.length} sealed by ${by}`);
  return warning('secrets', `${others.join(', ')} not sealed by ${by}`, `weir secrets seal --by ${by}`);
}
