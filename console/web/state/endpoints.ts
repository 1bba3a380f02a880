/** Every question that the pages ask of the server, by name; what comes back is as console/api/shapes.ts has it. */
import type {
  Activated,
  ActivateRequest,
  AllowAnswer,
  AllowRequest,
  BacktestAnswer,
  BacktestRequest,
  CheckAnswer,
  CheckRequest,
  DiffAnswer,
  DiffRequest,
  Draft,
  DraftRequest,
  EdgeDetail,
  EdgeListQuery,
  EdgePage,
  EventCounts,
  EventDetail,
  EventHistory,
  EventPage,
  EventQuery,
  ExceptionProposal,
  ExceptionQuery,
  Excerpt,
  Fleet,
  FleetPolicies,
  FlowMap,
  Lineage,
  LineageQuery,
  MapQuery,
  NewToken,
  Onward,
  Overview,
  PolicySet,
  PolicyText,
  ReportFile,
  ReportView,
  ReviewAnswer,
  ReviewRequest,
  SessionState,
  SignIn,
  SimilarEvents,
  TestAnswer,
  TokenList,
  TokenRequest,
  TryAnswer,
  TryRequest,
  Vocabulary,
} from '../../api/shapes.ts';
import { get, send } from './api.ts';

type Abort = AbortSignal | null;
const id = encodeURIComponent;

export const readSession = () => get<SessionState>('/session');
export const signIn = (body: SignIn) => send<SessionState>('POST', '/session', body);
export const signInAtProvider = (back: string) => send<Onward>('POST', '/session/provider', { back });
export const signOut = () => send<Onward | null>('DELETE', '/session');

export const readOverview = (range: { readonly from: string; readonly to: string }, abort: Abort) =>
  get<Overview>('/overview', range, abort);

export const readMap = (query: MapQuery, abort: Abort) => get<FlowMap>('/map', query, abort);
export const readEdges = (query: EdgeListQuery, abort: Abort) => get<EdgePage>('/edges', query, abort);
export const readEdge = (edge: string, abort: Abort) => get<EdgeDetail>(`/edges/${id(edge)}`, {}, abort);
export const readLineage = (query: LineageQuery, abort: Abort) => get<Lineage>('/lineage', query, abort);

export const readEvents = (query: EventQuery, abort: Abort) => get<EventPage>('/events', query, abort);
export const countEvents = (query: EventQuery, abort: Abort) => get<EventCounts>('/events/counts', query, abort);
export const readEvent = (event: string, abort: Abort) => get<EventDetail>(`/events/${id(event)}`, {}, abort);
export const openExcerpt = (event: string) => send<Excerpt>('POST', `/events/${id(event)}/excerpt`);
export const readSimilar = (event: string, abort: Abort) =>
  get<SimilarEvents>(`/events/${id(event)}/similar`, {}, abort);
export const readHistory = (event: string, abort: Abort) =>
  get<EventHistory>(`/events/${id(event)}/history`, {}, abort);
export const reviewEvent = (event: string, body: ReviewRequest) =>
  send<ReviewAnswer>('POST', `/events/${id(event)}/review`, body);
export const allowEvent = (event: string, body: AllowRequest) =>
  send<AllowAnswer>('POST', `/events/${id(event)}/allow`, body);
export const proposeException = (event: string, query: ExceptionQuery, abort: Abort) =>
  get<ExceptionProposal>(`/events/${id(event)}/exception`, query, abort);

export const readPolicies = (abort: Abort) => get<PolicySet>('/policies', {}, abort);
export const readPolicyText = (file: string, abort: Abort) => get<PolicyText>(`/policies/files/${id(file)}`, {}, abort);
export const readPolicySchema = (abort: Abort) => get<unknown>('/policies/schema', {}, abort);
export const checkPolicy = (body: CheckRequest) => send<CheckAnswer>('POST', '/policies/check', body);
export const testPolicy = (body: CheckRequest) => send<TestAnswer>('POST', '/policies/test', body);
export const tryPolicy = (body: TryRequest) => send<TryAnswer>('POST', '/policies/try', body);
export const backtestPolicy = (body: BacktestRequest) => send<BacktestAnswer>('POST', '/policies/backtest', body);
export const diffPolicy = (body: DiffRequest) => send<DiffAnswer>('POST', '/policies/diff', body);
export const readDraft = (file: string, abort: Abort) => get<Draft>(`/policies/drafts/${id(file)}`, {}, abort);
export const saveDraft = (file: string, body: DraftRequest) => send<Draft>('PUT', `/policies/drafts/${id(file)}`, body);
export const dropDraft = (file: string) => send<unknown>('DELETE', `/policies/drafts/${id(file)}`);
export const activateDraft = (file: string, body: ActivateRequest) =>
  send<Activated>('POST', `/policies/drafts/${id(file)}/activate`, body);
export const undoActivation = (file: string) => send<Activated>('POST', `/policies/files/${id(file)}/undo`);

interface ReportRange {
  readonly from?: string;
  readonly to?: string;
}
export const readReport = (kind: string, range: ReportRange, abort: Abort) =>
  get<ReportView>(`/reports/${id(kind)}`, { ...range }, abort);
export const readReportFile = (kind: string, range: ReportRange & { readonly format: string }) =>
  get<ReportFile>(`/reports/${id(kind)}/file`, { ...range });

export const readFleetPolicies = (abort: Abort) => get<FleetPolicies>('/fleet/policies', {}, abort);
export const readFleet = (abort: Abort) => get<Fleet>('/fleet', {}, abort);
export const readVocabulary = (abort: Abort) => get<Vocabulary>('/vocabulary', {}, abort);

export const readTokens = (abort: Abort) => get<TokenList>('/tokens', {}, abort);
export const createToken = (body: TokenRequest) => send<NewToken>('POST', '/tokens', body);
export const revokeToken = (token: string) => send<unknown>('DELETE', `/tokens/${id(token)}`);

/** The stream of live updates; `after` is the id of the last message that this browser had. */
export const streamAddress = (after: string | null) =>
  `/api/v1/stream${after === null ? '' : `?lastEventId=${id(after)}`}`;
