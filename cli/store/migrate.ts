/** `weir store migrate`: makes the tables of a shared store, or brings them up to date. */
import { storeText } from '../../flow/store-address.ts';
import { connectStore, inStore } from '../../store/postgres/connect.ts';
import { grantText, READER_ROLE, rolesText, WRITER_ROLE } from '../../store/postgres/roles.ts';
import { migrateStore, POSTGRES_SCHEMA } from '../../store/postgres/schema.ts';
import { type Command, hasOption } from '../command.ts';
import { askedStore } from './address.ts';

export const command: Command = {
  name: 'store migrate',
  summary: 'makes the tables of a shared store, or brings them up to date',
  usage: 'weir store migrate [--as postgres://OWNER@HOST/DATABASE] [--roles]',
  details: [
    'Forward only, in one transaction under a lock: what fails leaves it as it was. A store of a newer version is refused.',
    '--as     the role that owns the tables, where `store` names one that may only write; its password stands in a file',
    '         that passfile= names',
    `--roles  makes the group roles ${WRITER_ROLE} and ${READER_ROLE} too, and gives them what they need; without it that is`,
    '         given to those that are there',
  ].join('\n'),
  example: "weir store migrate --roles --as 'postgres://weir_owner@db.corp.example/weir?passfile=owner.txt'",
  options: { as: { type: 'string' }, roles: { type: 'boolean' } },
  async run(context) {
    const address = askedStore(context);
    const sql = await connectStore(address, { max: 1, name: 'weir store migrate' });
    try {
      if (hasOption(context, 'roles')) await inStore(address, async () => void (await sql.unsafe(rolesText())));
      const before = await migrateStore(sql, address);
      await inStore(address, async () => void (await sql.unsafe(grantText())));
      const done = before === POSTGRES_SCHEMA ? 'is up to date' : `was brought from schema ${before}`;
      context.out(`${storeText(address)} ${done}: schema ${POSTGRES_SCHEMA}\n`);
      return 0;
    } finally {
      await sql.end({ timeout: 5 });
    }
  },
};
