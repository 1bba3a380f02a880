/**
 * Connection strings of key and value pairs (`Server=…;User Id=…;Password=…`, ODBC, ADO.NET, JDBC): at least a server or
 * data source and a password in one list.
 */
import { byteAt, byteSet, runEnd, runStart } from '../../scan/bytes.ts';
import type { Passage } from '../../scan/passage.ts';
import { isPlaceholder, isReference } from '../../scan/placeholders.ts';
import { assembled, type Recognizer } from '../../scan/recognizer.ts';

const MAX_LIST = 600;
/** A list ends at a quote, a line end or an angle bracket. */
const LIST = byteSet("a-zA-Z0-9 ._~%!$&'()*+,;=:@/?#[]{}^|\\-");
const STOCK = /^(?:pass|passwd|password|pwd|secret|mypass(?:word)?|yourpassword|xxx|\.+)$/i;

/** What a list that names a server holds somewhere: most lists do not, and are not taken apart. */
const SERVER_WORD = /server|source|host|addr|endpoint|driver|provider|dsn/i;

/** The password in a list of pairs that also names a server; null where there is none. */
function passwordOf(list: string): string | null {
  if (!SERVER_WORD.test(list)) return null;
  const pairs = new Map(
    list.split(';').map((pair) => {
      const sign = pair.indexOf('=');
      return [
        pair
          .slice(0, sign)
          .trim()
          .toLowerCase()
          .replace(/^.*[\s"(]/, (head) => (/source|id|catalog/.test(pair) ? head : '')),
        pair.slice(sign + 1).trim(),
      ] as const;
    }),
  );
  const names = [...pairs.keys()];
  const hasServer = names.some((name) =>
    /^(?:server|data ?source|host|hostname|address|addr|network address|endpoint|driver|provider|dsn)$/.test(
      name.trim(),
    ),
  );
  const password = pairs.get('password') ?? pairs.get('pwd');
  return hasServer && password !== undefined && names.length >= 3 ? password : null;
}

/** Name of the database service of Azure in a list. */
const AZURE = /\.database\.(?:windows\.net|azure\.com|chinacloudapi\.cn|usgovcloudapi\.net)/i;

const ado = assembled('Server=db1.corp.net;Port=5432;User Id=app;', 'Password=h7Kd2', 'Lm9;Database=shop;');
const azure = assembled(
  'Server=tcp:shop.database.windows.net,1433;Initial Catalog=shop;User ID=app;',
  'Password=h7Kd2',
  'Lm9;Encrypt=True;',
);

/** Found by `connectionString`, which reads a list once and reports it under the name of its server. */
export const azureSqlConnection: Recognizer = {
  name: 'azure-sql-connection',
  entity: 'AZURE_SQL_CONN',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_LIST * 2, opens: /[A-Za-z][\w -]{1,30}=[^;=\n"'<>]{0,200};[^\n"'<>]{0,600}$/ },
  isWhole: true,
  alsoEntity: 'CONNECTION_STRING',
  hits: [{ text: `"Default": "${azure}"`, value: azure, atLeast: 0.8 }],
  misses: [{ text: ado }, { text: 'Server=tcp:x.database.windows.net;User ID=app;' }],
};

export const connectionString: Recognizer = {
  name: 'connection-string',
  entity: 'CONNECTION_STRING',
  category: 'credential',
  countries: [],
  reach: { maxLength: MAX_LIST * 2, opens: /[A-Za-z][\w -]{1,30}=[^;=\n"'<>]{0,200};[^\n"'<>]{0,600}$/ },
  isWhole: true,
  cues: [{ literal: 'password=' }, { literal: 'pwd=' }, { literal: 'password =' }],
  findAtCue(passage: Passage, at: number): void {
    const text = passage.text;
    if (passage.isRead('connection-string', at)) return;
    const start = runStart(text, at, LIST, MAX_LIST);
    const end = runEnd(text, at, LIST, MAX_LIST);
    const written = passage.ascii(start, end);
    if (!written.includes(';')) {
      // A list may still begin at the end of what was read; the rest is not read again for each name that it holds.
      passage.markRead('connection-string', Math.max(at + 1, end - MAX_LIST / 3));
      return;
    }
    // What stands before the first name of the list (`connection: Server=…`) is not part of it, nor is what follows its quotes.
    const skipped = FIRST_PAIR.exec(written)?.index ?? 0;
    const quote = written[skipped - 1] === "'" ? written.indexOf("'", skipped) : -1;
    passage.markRead('connection-string', quote > at - start ? start + quote : end);
    const list = written.slice(skipped, quote > at - start ? quote : undefined).replace(/[\s.,)'\\]+$/, '');
    const password = passwordOf(list);
    if (password === null || password === '' || isPlaceholder(password) || isReference(password)) return;
    const recognizer = AZURE.test(list) ? azureSqlConnection : connectionString;
    passage.report(recognizer, start + skipped, start + skipped + list.length, STOCK.test(password) ? 0.4 : 0.9);
  },
  hits: [
    { text: `conn = "${ado}"`, value: ado, atLeast: 0.8 },
    { text: `connection: ${ado}`, value: ado },
    { text: `log=info connection_string=${ado}`, value: ado },
    { text: `open({ dsn: '${ado}', force: true }); x;`, value: ado, atLeast: 0.8 },
    {
      text: assembled('Provider=SQLNCLI;Server=sql1,1433;Database=shop;Uid=app;', 'Pwd=h7Kd2', 'Lm9;'),
      value: assembled('Provider=SQLNCLI;Server=sql1,1433;Database=shop;Uid=app;', 'Pwd=h7Kd2', 'Lm9;'),
    },
  ],
  misses: [
    { text: 'Server=db1;User Id=app;Password=<password>;' },
    { text: 'Server=db1;User Id=app;Password=${DB_PASSWORD};Database=x' },
    { text: 'Server=myServer;Database=myDb;User Id=me;Password=password;' },
    { text: 'Server=db1;Database=x;Trusted_Connection=True;' },
    { text: 'x; password=h; y' },
  ],
};

const FIRST_PAIR =
  /(?:Server|Data ?Source|Host|Provider|Driver|Dsn|Endpoint|Address|Addr|Database|Initial Catalog|User ?Id|Uid)\s*=/i;

const jdbc = assembled('jdbc:mysql://sql1.corp.net:3306/shop?user=app&', 'password=h7Kd2', 'Lm9');
const JDBC = byteSet("a-zA-Z0-9._~%!$&'()*+,;=:@/?#[]{}-");

export const jdbcConnection: Recognizer = {
  name: 'jdbc-connection',
  entity: 'JDBC_CONN',
  category: 'credential',
  countries: [],
  isWhole: true,
  alsoEntity: 'CONNECTION_STRING',
  cues: [{ literal: 'jdbc:', startsWord: true }],
  findAtCue(passage: Passage, start: number, end: number): void {
    if (passage.isRead('jdbc', start)) return;
    let to = runEnd(passage.text, end, JDBC, MAX_LIST);
    passage.markRead('jdbc', to);
    while (to > end && /[.,)';]/.test(passage.ascii(to - 1, to)) && byteAt(passage.text, to - 1) !== 0x3d) to--;
    const url = passage.ascii(start, to);
    const password = /[?&;]password=([^&;]+)/i.exec(url)?.[1] ?? /^jdbc:oracle:thin:[\w$]+\/([^@/]+)@/i.exec(url)?.[1];
    if (password === undefined || isPlaceholder(password) || isReference(password)) return;
    passage.report(jdbcConnection, start, to, STOCK.test(password) ? 0.4 : 0.9);
  },
  hits: [
    { text: `url=${jdbc}\n`, value: jdbc, atLeast: 0.8 },
    {
      text: assembled('"jdbc:oracle:thin:shop/', 'h7Kd2Lm9@db1.corp.net:1521/x"'),
      value: assembled('jdbc:oracle:thin:shop/', 'h7Kd2Lm9@db1.corp.net:1521/x'),
    },
  ],
  misses: [{ text: 'jdbc:postgresql://localhost:5432/db' }, { text: 'jdbc:mysql://db/x?user=a&password=${PW}' }],
};
