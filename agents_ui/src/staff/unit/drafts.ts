/** What a clerk fills in before a step, and what of it is still missing. */

export const LEAST_NARRATIVE = 15

export interface ReturnDraft {
  reason_code: string
  legal_basis: string
  suggested_unit: string
}

export interface ReportDraft {
  result_code: string
  narrative: string
  contacted: string | null
  fee: string | null
}

export function emptyReturn(): ReturnDraft {
  return { reason_code: '', legal_basis: '', suggested_unit: '' }
}

export function emptyReport(): ReportDraft {
  return { result_code: '', narrative: '', contacted: null, fee: null }
}

/** Keys of the labels of what is still missing. */
export function missingInReturn(draft: ReturnDraft): string[] {
  const missing = []
  if (!draft.reason_code) missing.push('unit.return.reason')
  if (!draft.legal_basis.trim()) missing.push('unit.return.basis')
  if (!draft.suggested_unit) missing.push('unit.return.suggested')
  return missing
}

/** A charged fee is not missing but wrong: the report waits until it was given back (DOMAIN 3.1). */
export function missingInReport(draft: ReportDraft): string[] {
  const missing = []
  if (!draft.result_code) missing.push('unit.report.result')
  if ([...draft.narrative.trim()].length < LEAST_NARRATIVE) missing.push('unit.report.narrative')
  if (draft.contacted === null) missing.push('unit.report.contacted')
  if (draft.fee !== 'no') missing.push('unit.report.fee')
  return missing
}

export function reportPayload(draft: ReportDraft): Record<string, unknown> {
  const { result_code: result, narrative, contacted } = draft
  return { result_code: result, narrative: narrative.trim(), contacted_user: contacted === 'yes', labor_fee: 0 }
}
