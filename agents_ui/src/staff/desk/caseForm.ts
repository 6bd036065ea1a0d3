import type { RegisterBody, TaxonomyLeaf } from '@/api/types'

type Value<K extends keyof RegisterBody> = NonNullable<RegisterBody[K]>
export type Channel = Value<'channel'>
export type RepairClass = Value<'repair_class'>

/** What the agent writes; kept as a draft. `key` makes registering it twice one case. */
export interface CaseForm {
  key: string
  title: string
  request_type: Value<'request_type'>
  category_code: string | null
  address: string
  room: string
  requester_name: string
  requester_phone: string
  anonymous: boolean
  secret: boolean
  urgency: Value<'urgency'> | null
  repair_class: RepairClass | null
  content: string
  /** The unit chosen by hand; null follows the suggestion. */
  unit_id: string | null
  answer_text: string
  /** What a suggestion wrote, by field, and the fields that a person wrote in: there nothing else does. */
  filled: Partial<Record<string, string>>
  by_hand: string[]
}

export type Commit = 'register' | 'dispatch' | 'answer'

const MIN_CONTENT = 6

export function emptyForm(known: { name?: string | null; phone?: string | null } = {}): CaseForm {
  return {
    key: newKey(),
    title: '',
    request_type: 'help',
    category_code: null,
    address: '',
    room: '',
    requester_name: known.name ?? '',
    requester_phone: known.phone ?? '',
    anonymous: false,
    secret: false,
    urgency: null,
    repair_class: null,
    content: '',
    unit_id: null,
    answer_text: '',
    filled: {},
    by_hand: [],
  }
}

/** 32 hexadecimal digits, never the same twice. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, '0')).join('')
}

/** A stored draft as a form; what a newer or older page did not know keeps its first value. */
export function formFrom(stored: Record<string, unknown>): CaseForm {
  const form = emptyForm()
  const known = form as unknown as Record<string, unknown>
  for (const name of Object.keys(known)) {
    const value = stored[name]
    if (value !== undefined && (known[name] === null || typeof value === typeof known[name])) known[name] = value
  }
  return form
}

/** Whether the agent has written anything that would be missed; what a suggestion wrote would not be. */
export function isBlank(form: CaseForm): boolean {
  const { title, address, category_code: category, filled } = form
  const written = [title !== filled.title && title, address !== filled.address && address]
  written.push(category !== filled.category_code && (category ?? ''))
  return ![...written, form.content, form.room, form.answer_text].some(Boolean)
}

const REPAIRS: Record<string, RepairClass> = { HH6: 'household', MN12: 'minor', MJ24: 'major', SP48: 'special' }
const SLA_OF = Object.fromEntries(Object.entries(REPAIRS).map(([sla, repair]) => [repair, sla]))
const EMERGENCY = 'EM+'

/** The repair class a category's SLA stands for, or null when it is no repair (DOMAIN 3.3). */
export function repairOf(sla: string | null | undefined): RepairClass | null {
  return REPAIRS[(sla ?? '').replace(EMERGENCY, '')] ?? null
}

/** The SLA when the agent finds another repair class than the category's; null follows the category. */
export function slaFor(leaf: Pick<TaxonomyLeaf, 'sla'> | null, repair: string | null): string | null {
  const own = repairOf(leaf?.sla)
  if (!leaf || !own || !repair || repair === own) return null
  return `${leaf.sla.startsWith(EMERGENCY) ? EMERGENCY : ''}${SLA_OF[repair]}`
}

/** The fields that are still missing for a step, in the order of the form (DOMAIN 2.3 C1, C2, C6, C7). */
export function missingFor(form: CaseForm, commit: Commit, unitId: string | null): string[] {
  const wanted: [string, boolean][] = [
    ['title', form.title.trim() !== ''],
    ['category_code', form.category_code !== null],
    ['address', form.address.trim() !== ''],
    ['requester', form.anonymous || form.requester_phone.trim() !== '' || form.requester_name.trim() !== ''],
    ['content', form.content.trim().length >= MIN_CONTENT],
    ['unit_id', unitId !== null],
    ['answer_text', form.answer_text.trim() !== ''],
  ]
  const needed: Record<Commit, string[]> = {
    register: ['title', 'address', 'requester', 'content'],
    dispatch: ['title', 'category_code', 'address', 'requester', 'content', 'unit_id'],
    answer: ['title', 'address', 'requester', 'content', 'answer_text'],
  }
  return wanted.filter(([name, given]) => !given && needed[commit].includes(name)).map(([name]) => name)
}

const orNull = (text: string): string | null => text.trim() || null

/** What is sent for a step. */
export function registerBody(
  form: CaseForm,
  commit: Commit,
  around: {
    conversationId: string | null
    channel: Channel
    leaf: TaxonomyLeaf | null
    unitId: string | null
    /** An alarm is open: whatever was chosen, it is an emergency until somebody cancels the alarm. */
    isDanger: boolean
  },
): RegisterBody {
  return {
    key: form.key,
    conversation_id: around.conversationId,
    channel: around.channel,
    request_type: form.request_type,
    category_code: form.category_code,
    title: form.title.trim(),
    content: form.content.trim(),
    address: form.address.trim(),
    room: orNull(form.room),
    urgency: around.isDanger ? 'E0' : form.urgency ?? around.leaf?.urgency ?? null,
    sla_code: slaFor(around.leaf, form.repair_class),
    repair_class: form.repair_class ?? repairOf(around.leaf?.sla),
    requester_name: form.anonymous ? null : orNull(form.requester_name),
    requester_phone: form.anonymous ? null : orNull(form.requester_phone),
    anonymous: form.anonymous,
    secret: form.secret,
    unit_id: commit === 'dispatch' ? around.unitId : null,
    answer_text: commit === 'answer' ? form.answer_text.trim() : null,
  }
}
