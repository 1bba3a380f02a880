/** Postmark: tokens of servers and accounts, which are UUIDs and count beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { UUID } from '../../scan/randomness.ts';

const token = '9da5da9c-4218-4c22-aed6-b5c8baebfff5';

export const postmark = assignedToken({
  name: 'postmark',
  entity: 'POSTMARK',
  words: ['postmark', 'x-postmark'],
  body: byteSet('a-fA-F0-9-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value) && !/^(?:0{8}|12345678-1234-1234-1234)/.test(value),
  hits: [{ text: `POSTMARK_API_TOKEN=${token}`, value: token, atLeast: 0.8 }],
  misses: [{ text: `postmark_message_id: ${token}` }, { text: `request ${token}` }],
});
