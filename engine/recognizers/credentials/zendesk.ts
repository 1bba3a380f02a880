/** Zendesk: API tokens of 40 letters and digits, beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { exampleBody } from '../../scan/token.ts';

const value = exampleBody(40);

export const zendesk = assignedToken({
  name: 'zendesk',
  entity: 'ZENDESK',
  words: ['zendesk'],
  body: byteSet('a-zA-Z0-9'),
  min: 40,
  max: 64,
  lengths: [40, 64],
  hits: [{ text: `ZENDESK_API_TOKEN=${value}`, value, atLeast: 0.8 }],
  misses: [{ text: `zendesk ticket ${value}` }, { text: value }],
});
