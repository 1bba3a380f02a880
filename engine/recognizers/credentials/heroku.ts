/** Heroku: platform keys (`HRKU-`), and the UUIDs before them beside the name. */
import { assignedToken } from '../../scan/assigned-token.ts';
import { byteSet } from '../../scan/bytes.ts';
import { isRandom, UUID } from '../../scan/randomness.ts';
import { assembled } from '../../scan/recognizer.ts';
import { exampleBody, tokenRecognizer } from '../../scan/token.ts';

const uuid = '7f3c1a9e-42b8-4d06-9e5b-c81d70f2a364';
const platform = assembled('HR', 'KU-', 'AA', exampleBody(58, 3));

export const heroku = tokenRecognizer({
  name: 'heroku',
  entity: 'HEROKU',
  prefixes: ['HRKU-'],
  body: byteSet('a-zA-Z0-9_-'),
  min: 36,
  max: 80,
  score: (body) => (UUID.test(body) || isRandom(body) ? 0.98 : 0.3),
  hits: [
    { text: `HEROKU_API_KEY=${platform}`, value: platform, atLeast: 0.8 },
    { text: `"${assembled('HR', 'KU-', uuid)}"`, value: assembled('HR', 'KU-', uuid), atLeast: 0.8 },
  ],
  misses: [{ text: 'HRKU-your-key' }, { text: assembled('HR', 'KU-', 'x'.repeat(60)) }],
});

export const herokuNamed = assignedToken({
  name: 'heroku-named',
  entity: 'HEROKU',
  words: ['heroku'],
  body: byteSet('0-9a-fA-F-'),
  min: 36,
  max: 36,
  shape: (value) => UUID.test(value),
  near: 0.4,
  hits: [
    { text: `  HEROKU_API_KEY: ${uuid}`, value: uuid, atLeast: 0.8 },
    { text: `machine api.heroku.com login a@corp.net password ${uuid}`, value: uuid },
  ],
  misses: [
    { text: `heroku request_id=${uuid}` },
    { text: `https://kolkrabbi.heroku.com/apps/${uuid}/github/push` },
    { text: `heroku: ${uuid}` },
  ],
});
