/** Calls that went round the proxy, by the edges that they count in. */
import { edgeId } from '../../store/edges.ts';
import type { StoreReader } from '../../store/store-reader.ts';

/** Events of kind `bypass` by the edge that the sensor has of the same call; the newest so many. */
const MAX_BYPASSES = 10_000;

export async function bypassesOf(
  reader: StoreReader,
  since: Date | null,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const byEdge = new Map<string, string[]>();
  for await (const event of reader.events({ kinds: ['bypass'], since, limit: MAX_BYPASSES })) {
    for (const protocol of ['https', 'http', 'tunnel', 'unknown']) {
      const { source, destination, channel, id } = event;
      const edge = edgeId({ source, destination, protocol, direction: 'out', channel });
      const known = byEdge.get(edge);
      if (known === undefined) byEdge.set(edge, [id]);
      else known.push(id);
    }
  }
  return byEdge;
}
