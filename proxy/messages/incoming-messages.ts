/** The bytes of one direction of a stream, taken apart into messages, in whichever form the protocol has them. */
import { Base64Reader, EnvelopeReader, type Piece } from '../../engine/extract/envelopes.ts';
import { type MessageProtocol, messageCoding } from '../../engine/extract/message-protocols.ts';

export class IncomingMessages {
  readonly protocol: MessageProtocol;
  readonly coding: string | null;
  readonly #reader: EnvelopeReader;
  readonly #base64: Base64Reader | null;

  /** `headers` are those of the request or the answer; a message of more than `maxBytes` comes in pieces. */
  constructor(protocol: MessageProtocol, headers: readonly string[], maxBytes: number) {
    this.protocol = protocol;
    this.coding = messageCoding(protocol, headers);
    this.#reader = new EnvelopeReader(maxBytes);
    this.#base64 = protocol.isBase64 ? new Base64Reader() : null;
  }

  /** What has become whole; null where it is not in the form that it says. */
  push(chunk: Buffer): readonly Piece[] | null {
    if (this.#base64 === null) return this.#reader.push(chunk);
    const bytes = this.#base64.push(chunk);
    return bytes === null ? null : this.#reader.push(bytes);
  }

  get isWithin(): boolean {
    return this.#reader.isWithin || this.#base64?.isWithin === true;
  }

  get heldBytes(): number {
    return this.#reader.heldBytes;
  }
}
