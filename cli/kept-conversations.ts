/**
 * The conversations of this home: in memory, with their sealed copy on disk, taken up at the start and kept small; and
 * where the node is one of a fleet, with what the fleet keeps behind them.
 */
import type { SharedConversations } from '../flow/fleet-conversation.ts';
import { type ConversationHolder, ConversationMap } from '../proxy/conversation-map.ts';
import { FleetConversations } from '../proxy/fleet-conversations.ts';
import { openConversationJournal } from '../store/conversation-journal.ts';
import type { Home } from '../store/home.ts';
import { seldom } from '../store/recorder.ts';
import { newUlid } from '../store/ulid.ts';

export interface KeptConversations {
  readonly holder: ConversationHolder;
  /** Under which tokens are found here. */
  keys(): Iterable<string>;
  close(): void;
}

const LOOK_MS = 60_000;
/** The copy is written anew when it has grown so large, and to so many times what it was. */
const LEAST_BYTES = 4 * 1024 * 1024;
const GROWTH = 4;
/** What has run out leaves the disk within this. */
const CLEAN_MS = 3_600_000;

/** What the proxies of a fleet keep together. */
export interface Sharing {
  readonly shared: SharedConversations;
  readonly waitMs: number;
  /** As in FleetConversations. */
  readonly onReach: (problem: string | null) => void;
}

/** Takes up what earlier runs have left. The home's lock is held. `onKey`: see ConversationMap. */
export function keepConversations(
  home: Home,
  log: (line: string) => void,
  onKey: (key: string, isThere: boolean) => void,
  sharing: Sharing | null = null,
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
  const holder =
    sharing === null ? map : new FleetConversations({ local: map, now: Date.now, newId: newUlid, ...sharing });
  return {
    holder,
    keys: () => map.keys(),
    close: () => {
      clearInterval(timer);
      journal.close();
    },
  };
}
