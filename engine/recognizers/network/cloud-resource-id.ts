/**
 * Names of resources in clouds, which tell account and structure: Amazon's ARNs, Azure's resource ids, Oracle's OCIDs. Accounts
 * that documentation uses are left low.
 */
import { byteSet, runEnd, runStart } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import type { Recognizer } from '../../scan/recognizer.ts';

const BODY = byteSet('A-Za-z0-9_.:/@+=,$*-');
const MAX_ID = 600;
/** Accounts that Amazon's documentation writes, and the services' own, which have none. */
const EXAMPLE_ACCOUNT = /^(?:123456789012|012345678901|111122223333|444455556666|(\d)\1{11}|aws|\*)?$/;
/** What documentation calls a bucket, and names that are filled in later. */
const EXAMPLE_BUCKET =
  /^(?:(?:my|your|the|some|any|a|an|demo|sample|test|doc|amzn-s3-demo|source|destination|target|src|dst|dest|s3)[-_.]|[^/]*(?:example|bucket|placeholder|foo|\$|\*)|bucket|\w{0,3}$)/i;

const guid = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';
const arn = 'arn:aws:iam::482910573846:role/prod-deployer';
const azure = `/subscriptions/${guid}/resourceGroups/prod/providers/Microsoft.Sql/servers/shop`;
const oracle = 'ocid1.instance.oc1.phx.anyhqljt7q4mabcdb3kx9qh7rm4tw3pz8nd5';

export const cloudResourceId: Recognizer = {
  name: 'cloud-resource-id',
  entity: 'CLOUD_RESOURCE_ID',
  category: 'network',
  countries: [],
  cues: [
    { literal: 'arn:aws', startsWord: true },
    { literal: '/subscriptions/' },
    { literal: 'ocid1.', startsWord: true },
  ],
  context: contextWords(
    'arn, resource, role, policy, bucket, account, subscription, aws, azure, ocid, tenancy, principal, instance',
  ),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    if (passage.isRead('cloud-resource-id', start)) return;
    const text = passage.text;
    let to = runEnd(text, end, BODY, MAX_ID);
    while (to > end && /[.,:;*@+=/-]/.test(passage.ascii(to - 1, to))) to--;
    passage.markRead('cloud-resource-id', to);
    const written = passage.ascii(start, to);
    if (cue.literal === 'arn:aws') {
      if (!/^arn:aws(?:-cn|-us-gov|-iso[bef]?)?:[a-z0-9-]+:[a-z0-9-]*:(?:\d{12})?:[\w*/+=,.@$:-]+$/.test(written))
        return;
      const [, , service = '', , account = '', name = ''] = written.split(':');
      // A bucket's name is its own in all the world, so that Amazon leaves the account out.
      const isExample = service === 's3' && account === '' ? EXAMPLE_BUCKET.test(name) : EXAMPLE_ACCOUNT.test(account);
      passage.report(cloudResourceId, start, to, isExample ? 0.3 : 0.6, isExample ? 0.3 : 0.8);
    } else if (cue.literal === 'ocid1.') {
      if (/^ocid1\.[a-z0-9]+\.oc\d+\.[a-z0-9-]*\.(?:[a-z0-9]+\.)?[a-z0-9]{20,}$/.test(written))
        passage.report(cloudResourceId, start, to, 0.6, 0.8);
    } else {
      if (!/^\/subscriptions\/[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}(?:\/|$)/i.test(written)) return;
      const isExample = /^\/subscriptions\/(?:0{8}|11111111|12345678)/.test(written);
      // Not the middle of an address, whose host says more.
      const isAlone = runStart(text, start, byteSet('A-Za-z0-9.'), 1) === start;
      passage.report(cloudResourceId, start, to, isExample ? 0.3 : isAlone ? 0.6 : 0.55, isExample ? 0.3 : 0.8);
    }
  },
  hits: [
    { text: `Role: ${arn}`, value: arn, atLeast: 0.8 },
    { text: `id = "${azure}"`, value: azure },
    { text: `instance ${oracle}`, value: oracle, atLeast: 0.8 },
    { text: 'resource: arn:aws:s3:::northmill-invoices', value: 'arn:aws:s3:::northmill-invoices' },
  ],
  misses: [
    { text: 'arn:aws:iam::123456789012:user/anna' },
    { text: 'arn:aws:iam::aws:policy/AdministratorAccess' },
    { text: 'arn:aws:s3:::my-bucket/*' },
    { text: '/subscriptions/{subscriptionId}/resourceGroups/{name}' },
    { text: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x' },
  ],
};
