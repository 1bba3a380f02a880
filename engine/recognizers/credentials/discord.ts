/**
 * Discord: bot tokens (the first of three parts is the bot's numeric id in base64, which is checked) and the addresses
 * of webhooks, which post for whoever knows them.
 */
import { byteAt, byteSet, isIn, runEnd, touchesWordBefore } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { looksRandom } from '../../scan/randomness.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { secretUrl } from '../../scan/secret-url.ts';
import { exampleBody } from '../../scan/token.ts';

const BODY = byteSet('A-Za-z0-9_-');
const id = Buffer.from('1093847562910384756').toString('base64').replace(/=+$/, '');
const token = assembled(id, '.', 'GaB1xY', '.', exampleBody(38));

export const discordToken: Recognizer = {
  name: 'discord-token',
  entity: 'DISCORD_TOKEN',
  category: 'credential',
  countries: [],
  runs: { min: 23, max: 28 },
  findRun(passage: Passage, start: number, idEnd: number): void {
    const text = passage.text;
    const first = byteAt(text, start);
    if (first < 0x4d || first > 0x4f || byteAt(text, idEnd) !== 0x2e || touchesWordBefore(text, start)) return;
    const timeEnd = runEnd(text, idEnd + 1, BODY, 9);
    if (timeEnd - idEnd < 6 || timeEnd - idEnd > 8 || byteAt(text, timeEnd) !== 0x2e) return;
    const end = runEnd(text, timeEnd + 1, BODY, 50);
    if (end - timeEnd < 26 || end - timeEnd > 40 || isIn(BODY, byteAt(text, end))) return;
    const number = Buffer.from(passage.ascii(start, idEnd), 'base64').toString('latin1');
    if (isPlaceholder(passage.ascii(timeEnd + 1, end))) return;
    if (/^\d{16,20}$/.test(number)) passage.report(discordToken, start, end, 0.97);
    // An altered id, as in samples: the lengths of all three parts are what is left.
    else if (
      idEnd - start === 24 &&
      timeEnd - idEnd === 7 &&
      end - timeEnd === 28 &&
      looksRandom(passage.ascii(start, end), 40)
    )
      passage.report(discordToken, start, end, 0.6);
  },
  hits: [
    { text: `DISCORD_BOT_TOKEN=${token}`, value: token, atLeast: 0.8 },
    { text: `client.login("${token}");`, value: token, atLeast: 0.8 },
  ],
  misses: [
    { text: assembled(id, '.', 'GaB1xY', '.', 'x'.repeat(38)) },
    { text: `NTAyMzQ1abcdefghijklmnopq.GaB1xY.${exampleBody(38)}` },
    { text: `${id}.min.js` },
  ],
};

const webhook = assembled('https://discord', '.com/api/webhooks/', '1093847562910384756/', exampleBody(68));

export const discordWebhook = secretUrl({
  name: 'discord-webhook',
  entity: 'DISCORD_WEBHOOK',
  cues: ['/api/webhooks/', '/api/v10/webhooks/', '/api/v9/webhooks/', '/api/v8/webhooks/'],
  form: /^https?:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\/\d{16,20}\/[\w-]{60,80}/i,
  score: 0.97,
  hits: [
    { text: `curl -d x ${webhook}`, value: webhook, atLeast: 0.8 },
    { text: `"url": "${webhook}",`, value: webhook, atLeast: 0.8 },
  ],
  misses: [
    { text: 'https://discord.com/api/webhooks/{webhook.id}/{webhook.token}' },
    { text: 'https://discord.com/api/webhooks/1093847562910384756' },
  ],
});
