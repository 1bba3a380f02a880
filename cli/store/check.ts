/** `weir store check`: whether a shared store counts what it holds, and what of the chains has not come. */
import { storeText } from '../../flow/store-address.ts';
import { checkStore } from '../../store/postgres/check-store.ts';
import { connectStore } from '../../store/postgres/connect.ts';
import { checkSchema } from '../../store/postgres/schema.ts';
import { type Command, hasOption } from '../command.ts';
import { askedStore } from './address.ts';

export const command: Command = {
  name: 'store check',
  summary: 'whether a shared store counts what it holds',
  usage: 'weir store check [--as postgres://USER@HOST/DATABASE] [--json]',
  details: [
    'Reads only: that its schema is of this version, that every record of the register is there and each once, that the',
    'counts are those of the events, and the edges those of their roll-ups. Names what of each chain has not come. Exit 1',
    'where something differs. Whether records are as they were written is for `weir log verify`.',
  ].join('\n'),
  example: 'weir store check && echo whole',
  options: { as: { type: 'string' }, json: { type: 'boolean' } },
  async run(context) {
    const address = askedStore(context);
    const sql = await connectStore(address, { max: 1, name: 'weir store check', isReadOnly: true });
    try {
      await checkSchema(sql, address);
      const found = await checkStore(sql, address);
      if (hasOption(context, 'json')) context.out(`${JSON.stringify(found)}\n`);
      else {
        context.out(`${storeText(address)}: ${found.events} events, ${found.edges} edges, ${found.writers} writers\n`);
        for (const text of found.differing) context.out(`differs: ${text}\n`);
        for (const { writer, from, to } of found.missing)
          context.out(`has not come: ${from} to ${to} of writer ${writer}\n`);
      }
      return found.differing.length === 0 ? 0 : 1;
    } finally {
      await sql.end({ timeout: 5 });
    }
  },
};
