import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { Problem, Unreachable } from '@/api/problem'
import { t } from '../language'
import * as requests from '../requests'
import type { Message } from '../shapes'
import SurveyCard from './SurveyCard.vue'

function shown(): VueWrapper {
  const payload = { survey_id: 's1', state: 'asked' }
  const message = { id: 'm', seq: 1, author: 'system', kind: 'survey', text: '', payload, at: '' } as unknown as Message
  return mount(SurveyCard, { props: { message } })
}

async function choose(card: VueWrapper, ...words: string[]): Promise<void> {
  for (const word of words) {
    const label = card.findAll('label').find((one) => one.text() === word)
    await label!.find('input').setValue(true)
  }
}

const ALL = (): string[] => [
  t('survey.visited_yes'),
  t('survey.solved_yes'),
  t('survey.labour_fee_no'),
  t('survey.score_5'),
]

describe('the survey in the chat', () => {
  beforeEach(() => localStorage.clear())

  it('is sent only when every question has its answer', async () => {
    const send = vi.spyOn(requests, 'answerSurvey').mockResolvedValue()
    const card = shown()
    await choose(card, t('survey.visited_yes'))
    await card.find('form').trigger('submit')
    expect(send).not.toHaveBeenCalled()
    expect(card.find('button[type=submit]').text()).toBe(t('survey.missing', { n: 3 }))
    await choose(card, ...ALL())
    await card.find('form').trigger('submit')
    expect(send).toHaveBeenCalledWith('s1', { visited: 'yes', solved: 'yes', labour_fee: false, score: 5, remark: '' })
    await flushPromises()
    expect(card.text()).toContain(t('survey.thanks'))
  })

  it('promises that somebody looks into it when it is not solved', async () => {
    vi.spyOn(requests, 'answerSurvey').mockResolvedValue()
    const card = shown()
    await choose(card, ...ALL(), t('survey.solved_no'))
    await card.find('form').trigger('submit')
    await flushPromises()
    expect(card.text()).toContain(t('survey.thanks_review'))
  })

  it('says nothing about a visit where nobody had to come', async () => {
    const send = vi.spyOn(requests, 'answerSurvey').mockResolvedValue()
    const card = shown()
    await choose(card, ...ALL(), t('survey.visited_not_needed'))
    await card.find('form').trigger('submit')
    expect(send.mock.calls[0]?.[1].visited).toBeNull()
  })

  it('keeps the choices when there is no connection, and over a reload', async () => {
    vi.spyOn(requests, 'answerSurvey').mockRejectedValue(new Unreachable('off'))
    const card = shown()
    await choose(card, ...ALL())
    await card.find('form').trigger('submit')
    await flushPromises()
    expect(card.find('[role=alert]').text()).toContain(t('survey.kept'))
    card.unmount()
    expect(shown().find('button[type=submit]').text()).toBe(t('survey.submit'))
  })

  it('does not ask again what was answered elsewhere', async () => {
    vi.spyOn(requests, 'answerSurvey').mockRejectedValue(new Problem({ status: 409, code: 'survey_answered', title: '' }))
    const card = shown()
    await choose(card, ...ALL())
    await card.find('form').trigger('submit')
    await flushPromises()
    expect(card.find('form').exists()).toBe(false)
    expect(shown().find('form').exists()).toBe(false)
  })
})
