/** The end that the proxy makes of a stream of messages, written to its client: behind what was sent, or as the whole answer. */
import type { MessageProtocol } from '../../engine/extract/message-protocols.ts';
import { headerOf } from '../../flow/message.ts';
import type { ClientRequest } from '../client-message.ts';
import type { Incoming } from '../context.ts';
import { forBrowser } from '../own/browser-answer.ts';
import { type Ending, wholeEnding, writeEnding } from './endings.ts';

/** So long a client may take to see that its stream has ended and to stop sending. */
const LEAVE_MS = 1000;

/** `asked`: the protocol of the request; `answered`: that of the answer, once there is one. */
export function tellEnding(
  { response, request }: Incoming,
  ending: Ending,
  { asked, answered }: { readonly asked: MessageProtocol; readonly answered: MessageProtocol | null },
): void {
  if (response.headersSent) return writeEnding(response, answered ?? asked, ending);
  const type = headerOf(request.rawHeaders, 'content-type') ?? 'application/grpc';
  const { refusal: plain, trailers } = wholeEnding(asked, ending, type);
  const refusal = forBrowser(plain, request.rawHeaders);
  response.sendDate = false;
  // What of the request was not read is not waited for.
  const close = request.complete ? [] : ['Connection', 'close'];
  response.writeHead(refusal.status, [...refusal.headers, ...close]);
  if (trailers.length > 0) response.addTrailers(trailers);
  if (refusal.body.length > 0) response.end(refusal.body);
  else response.end();
}

/** In HTTP/1.1 only the end of the connection ends a request; a stream of HTTP/2 is reset once its answer is out. */
export function letGoOf(request: ClientRequest): void {
  request.resume();
  if (request.httpVersionMajor > 1) return;
  const timer = setTimeout(() => {
    if (!request.complete) request.destroy();
  }, LEAVE_MS);
  request.on('close', () => clearTimeout(timer));
}
