/** The answers of a survey while they are being chosen; they survive leaving the page. */
import type { SurveyAnswer } from '../shapes'
import { keep, kept } from '../kept'

export type SurveyOutcome = 'thanks' | 'thanks_review' | 'closed'

/** `not_needed`: nobody had to come, which the server keeps as no answer. */
export interface SurveyDraft extends Partial<Pick<SurveyAnswer, 'solved' | 'labour_fee' | 'score'>> {
  visited?: 'yes' | 'no' | 'not_needed'
  remark: string
  outcome?: SurveyOutcome
}

export const SCORES = [5, 4, 3, 2, 1] as const
const ASKED = ['visited', 'solved', 'labour_fee', 'score'] as const

export function draftOf(surveyId: string): SurveyDraft {
  const found = kept(nameOf(surveyId))
  return { remark: '', ...(typeof found === 'object' && found !== null ? (found as Partial<SurveyDraft>) : {}) }
}

export function keepDraft(surveyId: string, draft: SurveyDraft): void {
  keep(nameOf(surveyId), draft)
}

/** Remembers how it ended, in place of the answers: messages never change, so the survey still says "asked". */
export function keepOutcome(surveyId: string, outcome: SurveyOutcome): void {
  keep(nameOf(surveyId), { outcome })
}

/** How many of the questions still have no answer; the remark is free. */
export function missingAnswers(draft: SurveyDraft): number {
  return ASKED.filter((name) => draft[name] === undefined).length
}

/** What is sent, once nothing is missing. */
export function answerOf({ visited, solved, labour_fee: fee, score, remark }: SurveyDraft): SurveyAnswer {
  if (visited === undefined || solved === undefined || fee === undefined || score === undefined) {
    throw new Error('the survey is not complete')
  }
  const came = visited === 'not_needed' ? null : visited
  return { visited: came, solved, labour_fee: fee, score, remark: remark.trim() }
}

/** Whether the citizen says that it is not done well: then a person looks into it (DOMAIN 6.4). */
export function needsReview(draft: SurveyDraft): boolean {
  const isBad = (draft.score ?? 5) <= 2 || draft.solved === 'no' || draft.visited === 'no'
  return isBad || draft.labour_fee === true
}

function nameOf(surveyId: string): string {
  return `survey.${surveyId}`
}
