/**
 * Reads the answers on one connection of the load generator: `Content-Length` and chunked framing, nothing else.
 * It keeps no body; it is quick because a benchmark's client must cost less than what it measures.
 */

/** Called at the end of each answer with its status, and for each piece of a body with its length (framing of chunks included). */
export function createResponseReader(
  onAnswer: (status: number) => void,
  onBody: (count: number, part: Buffer) => void = () => {},
): (data: Buffer) => void {
  let held: Buffer | null = null;
  let status = 0;
  let left = -1;
  let tail = '';
  return (data) => {
    let chunk = data;
    while (chunk.length > 0) {
      if (left === -1) {
        const all: Buffer = held === null ? chunk : Buffer.concat([held, chunk]);
        const end = all.indexOf('\r\n\r\n');
        if (end < 0) {
          held = all;
          return;
        }
        held = null;
        const head = all.toString('latin1', 0, end);
        status = Number(head.slice(9, 12));
        const length = /\r\ncontent-length: *(\d+)/i.exec(head);
        left = length === null ? -2 : Number(length[1]);
        tail = '';
        chunk = all.subarray(end + 4);
      }
      if (left === -2) {
        onBody(chunk.length, chunk);
        tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 5))).slice(-5);
        chunk = chunk.subarray(chunk.length);
        if (tail !== '0\r\n\r\n') return;
        left = 0;
      } else {
        const used = Math.min(left, chunk.length);
        if (used > 0) onBody(used, chunk);
        left -= used;
        chunk = chunk.subarray(used);
      }
      if (left === 0) {
        left = -1;
        onAnswer(status);
      }
    }
  };
}
