/** The conversations of this home: in memory, with their sealed copy on disk, taken up at the start and kept small. */

import { ConversationMap } from '../proxy/conversation-map.ts';
import { openConversationJournal } from '../store/conversation-journal.ts';
import type { Home } from '../store/home.ts';
import { seldom } from '../store/recorder.ts';
import { newUlid } from '../store/ulid.ts';

export interface KeptConversations {
  readonly map: ConversationMap;
  close(): void;
}

const LOOK_MS = 60_000;
/** The copy is written anew when it has grown so large, and to so many times what it was. */
const LEAST_BYTES = 4 * 1024 * 1024;
const GROWTH = 4;
/** What has run out leaves the disk within this. */
const CLEAN_MS = 3_600_000;

/** Takes up what earlier runs have left. The home's lock is held. `onKey`: see ConversationMap. */
export function keepConversations(
  home: Home,
  log: (line: string) => void,
  onKey: (key: string, isThere: boolean) => void,
): KeptConversations {
  const journal = openConversationJournal(
    home.conversationsFolder,
    home.keys.conversation,
    seldom((message) => log(`weir: ${message}`)),
  );
  const map = new ConversationMap({ now: Date.now, newId: newUlid, record: (record) => journal.record(record), onKey });
  const found = journal.read();
  map.restore(found);

  let isWriting = false;
  let smallest = 0;
  let writtenAt = Date.now();
  let isClean = true;
  const rewrite = async (): Promise<void> => {
    if (isWriting) return;
    isWriting = true;
    await journal.rewrite(map.records());
    isWriting = false;
    isClean = true;
    smallest = journal.bytes;
    writtenAt = Date.now();
  };
  if (found.length > 0) void rewrite();
  const timer = setInterval(() => {
    if (map.expire()) isClean = false;
    const isLarge = journal.bytes > Math.max(LEAST_BYTES, GROWTH * smallest);
    if (isLarge || journal.isBehind || (!isClean && Date.now() - writtenAt > CLEAN_MS)) void rewrite();
  }, LOOK_MS).unref();
  return {
    map,
    close: () => {
      clearInterval(timer);
      journal.close();
    },
  };
}
