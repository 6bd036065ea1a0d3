import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { EngineView } from '@/api/types'
import { createLanguages } from '@/i18n/language'
import { catalogues } from '../messages'
import TranscriptState from './TranscriptState.vue'

function told(state: EngineView['state'] | null): string {
  const engine = state && { state, code: '', engine: 'vosk', model: 'vosk-model-small-cn-0.22' }
  return mount(TranscriptState, { props: { engine }, global: { plugins: [createLanguages(catalogues)] } }).text()
}

describe('the transcript', () => {
  it('says by what it is written', () => {
    expect(told('ready')).toBe('本地识别 · vosk-model-small-cn-0.22')
  })

  it.each([
    ['missing_model', '转写未启用：未安装模型'],
    ['off', '转写未启用'],
    ['starting', '正在启动'],
    ['restarting', '正在重新启动'],
    ['dead', '会自动重试'],
  ] as const)('that is not there (%s) says why, and that calls go on', (state, words) => {
    expect(told(state)).toContain(words)
  })

  it('says nothing before it knows', () => {
    expect(told(null)).toBe('')
  })
})
