/** Hand-written until the server serves /api/openapi.json; same shape as openapi-typescript's output. */
type None = { query?: never; header?: never; path?: never; cookie?: never }
type Op<Reply, Body = never, Parts = object> = {
  parameters: Omit<None, keyof Parts> & Parts
  responses: { 200: { headers: object; content: { 'application/json': Reply } } }
} & ([Body] extends [never] ? { requestBody?: never } : { requestBody: { content: { 'application/json': Body } } })
type At<K extends string> = { path: Record<K, string> }
type Ask<Q> = { query?: Q }

export interface SessionView { id: string; name: string; roles: string[]; capabilities: string[]; unit_id: string | null; csrf: string }
export interface PartView { state: 'ok' | 'degraded' | 'down' | 'absent'; detail: string }
export interface HealthView { status: 'ok' | 'degraded' | 'down'; parts: Record<string, PartView> }
export interface ContactView { id: string; version: number; name: string | null; phone: string | null; masked: boolean }
export interface UnitRef { id: string; code: string; name: string }
export interface UnitBrief extends UnitRef { group: string }
export interface CrewBrief { id: string; name: string }
export interface TaxonomyLeaf { code: string; name: string; urgency: string; sla: string; request_types: string[]; cues: string[]; default_unit_code: string | null }
export interface TaxonomyView { version: string; groups: { code: string; name: string; children: { code: string; name: string; leaves: TaxonomyLeaf[] }[] }[] }
export interface DeadlineView { type: string; basis: string; start_at: string; due_at: string; met_at: string | null; state: 'running' | 'met' | 'late' | 'paused' | 'stopped'; limit: string }
export interface PreviewBody { category_code: string; urgency: string; sla_code?: string | null; appointment_start?: string | null }
export interface PreviewView { sla_code: string; deadlines: DeadlineView[]; unit: UnitRef | null }
export interface CaseBrief {
  id: string; case_no: string; version: number; state: string; title: string; category_code: string | null; category_path: string[]
  urgency: string | null; sla_code: string | null; address: string; channel: string; request_type: string; lead_unit: UnitRef | null
  registered_at: string; finish_due_at: string | null; closed_at: string | null; overdue: boolean; assignment_state: string | null
}
export interface TaskView { id: string; state: string; crew: CrewBrief }
export interface ReportView { result_code: string; narrative: string; contacted_user: boolean; labour_cost: number }
export interface AssignmentView { id: string; version: number; unit: UnitRef; lead: boolean; state: string; sent_at: string; signed_at: string | null; reported_at: string | null; report: ReportView | null; tasks: TaskView[] }
export interface ActionField { name: string; kind: 'text' | 'choice' | 'bool' | 'unit' | 'crew' | 'number' | 'datetime'; required: boolean; choices?: string[] | null }
export interface ActionView { action: string; allowed: boolean; reason: string | null; message: string | null; fields: ActionField[] }
export interface CaseView extends CaseBrief {
  content: string; room: string | null; repair_class: string | null; requester: ContactView | null; anonymous: boolean; secret: boolean
  accepted_at: string | null; dispatched_at: string | null; reported_at: string | null; close_type: string | null; rework_round: number
  total_elapsed_s: number; deadlines: DeadlineView[]; assignments: AssignmentView[]; actions: ActionView[]
}
export interface CaseList { items: CaseBrief[]; next: string | null }
export interface CaseEventView { seq: number; at: string; actor_name: string | null; role: string | null; action: string; from_state: string | null; to_state: string | null; payload: Record<string, unknown> }
export interface ActBody { version: number; payload: Record<string, unknown> }
export interface UnitAssignmentView { assignment_id: string; case: CaseBrief; state: string; group: 'to_sign' | 'in_hand' | 'to_mend'; due_type: string | null; due_at: string | null; crew: CrewBrief | null }
export interface ConversationView { id: string; version: number; channel: string; state: 'open' | 'closed'; contact: ContactView; agent: { id: string; name: string } | null; started_at: string; closed_at: string | null; cases: CaseBrief[] }
export interface MessageView { id: string; seq: number; author: 'citizen' | 'agent' | 'system'; author_name: string | null; kind: 'text' | 'notice' | 'survey' | 'event'; text: string; payload: Record<string, unknown> | null; at: string }
export interface HistoryView { cases: CaseBrief[]; conversations: ConversationView[] }
export interface AgentStateView { user_id: string; state: 'ready' | 'busy' | 'offline'; reason: string | null; since: string; serving: number; version: number }
export interface QueueItemView { id: string; version: number; conversation_id: string; channel: string; state: string; priority: number; waiting_since: string; offered_to: string | null; offer_expires_at: string | null; taken_by: string | null; contact: { name: string | null; phone: string | null }; preview: string }
export interface DraftView { key: string; version: number; form: Record<string, unknown>; updated_at: string }
export interface RegisterBody {
  key: string; conversation_id: string | null; channel: string; request_type: string; category_code: string | null; title: string; content: string
  address: string; room: string | null; urgency: string | null; sla_code: string | null; repair_class: string | null
  requester_name: string | null; requester_phone: string | null; anonymous: boolean; secret: boolean; unit_id: string | null; answer_text: string | null
}
export interface PlaceView { id: string; kind: string; name: string; district: string | null; lng: number | null; lat: number | null }
export interface SurveyView { id: string; case_no: string; round: number; state: 'asked' | 'answered' | 'review' | 'done' | 'exempt'; answers: Record<string, unknown> | null; score: number | null; asked_at: string; answered_at: string | null }
export interface CitizenState { state: 'none' | 'waiting' | 'serving' | 'closed'; position: number | null; waiting_since: string | null; agent_name: string | null; messages: MessageView[] }
export interface CitizenCaseView { case_no: string; title: string; plain_state: string; unit_name: string | null; registered_at: string; due_at: string | null; closed_at: string | null; steps: { at: string; code: string }[] }

export interface paths {
  '/api/session': { get: Op<SessionView>; post: Op<SessionView, { account: string; password: string }>; delete: Op<undefined> }
  '/api/session/password': { put: Op<undefined, { old: string; new: string }> }
  '/healthz': { get: Op<HealthView> }
  '/api/contacts/{contact_id}/reveal': { post: Op<ContactView, { reason: string }, At<'contact_id'>> }
  '/api/units': { get: Op<UnitBrief[]> }
  '/api/units/{unit_id}/crews': { get: Op<CrewBrief[], never, At<'unit_id'>> }
  '/api/taxonomy': { get: Op<TaxonomyView> }
  '/api/places': { get: Op<PlaceView[], never, Ask<{ q?: string }>> }
  '/api/cases': { get: Op<CaseList, never, Ask<{ state?: string; unit_id?: string; q?: string; urgency?: string; overdue?: boolean; mine?: boolean; cursor?: string; limit?: number }>> }
  '/api/cases/preview': { post: Op<PreviewView, PreviewBody> }
  '/api/cases/{case_no}': { get: Op<CaseView, never, At<'case_no'>> }
  '/api/cases/{case_no}/events': { get: Op<CaseEventView[], never, At<'case_no'>> }
  '/api/cases/{case_no}/actions/{action}': { post: Op<CaseView, ActBody, At<'case_no' | 'action'>> }
  '/api/cases/{case_no}/survey': { get: Op<SurveyView | null, never, At<'case_no'>>; post: Op<SurveyView, Record<string, unknown>, At<'case_no'>> }
  '/api/unit/assignments': { get: Op<UnitAssignmentView[]> }
  '/api/surveys/reviews': { get: Op<SurveyView[]> }
  '/api/surveys/{survey_id}/review': { post: Op<SurveyView, { decision: 'confirmed' | 'unfounded'; category: string | null; note: string | null }, At<'survey_id'>> }
  '/api/agent/state': { get: Op<AgentStateView>; put: Op<AgentStateView, { state: string; reason?: string | null; version?: number | null }> }
  '/api/queue': { get: Op<QueueItemView[]> }
  '/api/queue/items/{item_id}/accept': { post: Op<{ conversation_id: string }, never, At<'item_id'>> }
  '/api/queue/items/{item_id}/decline': { post: Op<undefined, never, At<'item_id'>> }
  '/api/conversations/{conversation_id}': { get: Op<ConversationView, never, At<'conversation_id'>> }
  '/api/conversations/{conversation_id}/messages': { get: Op<MessageView[], never, At<'conversation_id'>>; post: Op<MessageView, { id: string; text: string }, At<'conversation_id'>> }
  '/api/conversations/{conversation_id}/finish': { post: Op<ConversationView, never, At<'conversation_id'>> }
  '/api/conversations/{conversation_id}/history': { get: Op<HistoryView, never, At<'conversation_id'>> }
  '/api/desk/drafts': { get: Op<DraftView[]> }
  '/api/desk/drafts/{key}': { get: Op<DraftView, never, At<'key'>>; put: Op<DraftView, { version: number; form: Record<string, unknown> }, At<'key'>> }
  '/api/desk/cases': { post: Op<CaseView, RegisterBody> }
  '/api/citizen/session': { get: Op<{ visitor: string; csrf: string }>; post: Op<{ visitor: string; csrf: string }> }
  '/api/citizen/messages': { post: Op<{ conversation_id: string; message_id: string; repeated: boolean }, { id: string; text: string; sent_at?: string | null }> }
  '/api/citizen/conversation': { get: Op<CitizenState> }
  '/api/citizen/contact': { put: Op<undefined, { name: string | null; phone: string | null }> }
  '/api/citizen/cases': { get: Op<CitizenCaseView[]> }
  '/api/citizen/track': { post: Op<CitizenCaseView, { case_no: string; phone: string }> }
  '/api/citizen/surveys/{survey_id}/answer': { post: Op<undefined, Record<string, unknown>, At<'survey_id'>> }
}
