/** Telegram bots: the bot's number, a colon and 35 characters, of which the first two are `AA` in what the service makes today. */
import { byteAt, byteSet, isDigit, isIn, runEnd, runStart, touchesWordBefore } from '../../scan/bytes.ts';
import { contextWords } from '../../scan/context.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';
import { exampleBody } from '../../scan/token.ts';

const BODY = byteSet('A-Za-z0-9_-');
const DIGITS = byteSet('0-9');
/** How far behind the service's name a token is looked for, bytes. */
const REACH = 60;

const bot = assembled('7204839165', ':AA', exampleBody(33));

export const telegramBot: Recognizer = {
  name: 'telegram-bot',
  entity: 'TELEGRAM_BOT',
  category: 'credential',
  countries: [],
  cues: [{ literal: ':AA', exact: true }, { literal: 'telegram' }, { literal: 'tgram://' }],
  context: contextWords('telegram, bot, tg, chat'),
  findAtCue(passage: Passage, start: number, end: number, cue): void {
    if (cue.exact === true) {
      reportAt(passage, start, 0.9);
      return;
    }
    if (passage.isRead('telegram', start)) return;
    const text = passage.text;
    const last = Math.min(text.length, end + REACH);
    for (let i = end; i < last; i++) {
      if (text[i] === 0x3a && isDigit(byteAt(text, i - 1))) reportAt(passage, i, 0.85);
    }
    passage.markRead('telegram', last);
  },
  hits: [
    { text: `bot = telebot.TeleBot("${bot}")`, value: bot, atLeast: 0.8 },
    { text: `https://api.telegram.org/bot${bot}/getMe`, value: bot, atLeast: 0.8 },
    {
      text: assembled('telegram: 1234567890', ':h3YLlUHP8-STgTic38bCZXDJ_6s05ERgsaM'),
      value: assembled('1234567890', ':h3YLlUHP8-STgTic38bCZXDJ_6s05ERgsaM'),
    },
  ],
  misses: [
    { text: assembled('7204839165', ':AA', 'x'.repeat(33)) },
    { text: `telegram 12:${exampleBody(35)}` },
    { text: 'time 1700000000:AABBCC' },
  ],
};

/** A token whose colon stands at `colon`. */
function reportAt(passage: Passage, colon: number, score: number): void {
  const text = passage.text;
  const start = runStart(text, colon, DIGITS, 12);
  if (colon - start < 8 || colon - start > 10) return;
  // `/bot123:AA…` is how the token stands in an address.
  if (touchesWordBefore(text, start) && passage.ascii(start - 4, start) !== '/bot') return;
  const end = runEnd(text, colon + 1, BODY, 36);
  if (end - colon !== 36 || isIn(BODY, byteAt(text, end)) || isPlaceholder(passage.ascii(colon + 1, end))) return;
  passage.report(telegramBot, start, end, score, 0.97);
}
