import { enableAutoUnmount, flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import axe from 'axe-core'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { createLanguages } from '@/i18n/language'
import { catalogues } from '../messages'
import { useSession } from '../session'
import KnowledgePage from './KnowledgePage.vue'
import type { Article } from './shapes'

const article: Article = {
  ...{ id: 'a1', version: 3, unit: null, kind: 'article', state: 'published', title: '停水怎么答', body: '先问：\n- 一家\n- 整栋' },
  ...{ categories: ['WS-01'], keywords: ['停水'], valid_until: null, edition: 2, latest_edition: 2, published_edition: 1 },
  ...{ author: '班长', at: '2026-11-22T06:00:00Z', published_at: '2026-11-21T06:00:00Z', published_by: '班长', used: 7 },
  ...{ demo: true, may_edit: true, may_publish: true },
}
const first = { ...article, edition: 1, body: '老办法' }
const conflict = { title: '刚才有人改过', status: 409, code: 'changed_meanwhile' }
const answers: Record<string, (body: Record<string, unknown>) => [number, unknown]> = {
  'GET /api/taxonomy': () => [200, { version: 'v', groups: [{ code: 'WS', name: '供水', children: [{ code: 'WS-01', name: '停水', leaves: [] }] }] }],
  'GET /api/units': () => [200, [{ id: 'u1', code: 'U-WS', name: '自来水公司', group: null }]],
  'GET /api/knowledge': () => [200, { items: [article], next: null }],
  'GET /api/knowledge/a1': () => [200, article],
  'GET /api/knowledge/a1/editions': () => [200, [article, first]],
  'POST /api/knowledge': (body) => [200, { ...article, ...body, id: 'a1' }],
  'POST /api/knowledge/a1/publish': () => [200, { ...article, published_edition: 2 }],
  'POST /api/knowledge/a1/withdraw': () => [200, { ...article, state: 'withdrawn', published_edition: null }],
}
const asked: { what: string; query: URLSearchParams; body: Record<string, unknown> }[] = []

async function server(request: Request): Promise<Response> {
  const url = new URL(request.url, 'http://here')
  const what = `${request.method} ${url.pathname}`
  const body = request.method === 'GET' ? {} : ((await request.json()) as Record<string, unknown>)
  asked.push({ what, query: url.searchParams, body })
  const [status, said] = answers[what]!(body)
  return Response.json(said, { status })
}

const bodyOf = (what: string): Record<string, unknown> | undefined => asked.findLast((one) => one.what === what)?.body

async function atPage(path: string, language: 'zh-CN' | 'en' = 'zh-CN', unit: string | null = null): Promise<VueWrapper> {
  localStorage.setItem('hotline.language', language)
  const pinia = createPinia()
  setActivePinia(pinia)
  const capabilities = ['knowledge.read', 'knowledge.write', 'knowledge.publish']
  useSession().me = { id: 'me', name: 'Zhou', roles: [], capabilities, unit_id: unit, csrf: '' }
  const routes = [{ path: '/knowledge/:id?', name: 'knowledge', component: KnowledgePage, props: true }]
  const router = createRouter({ history: createMemoryHistory(), routes })
  await router.push(path)
  const made = mount(RouterView, { global: { plugins: [pinia, createLanguages(catalogues), router] }, attachTo: document.body })
  await flushPromises()
  return made
}

const press = async (made: VueWrapper, word: string): Promise<void> => {
  await made.findAll('button').find((one) => one.text() === word)!.trigger('click')
  await flushPromises()
}

enableAutoUnmount(afterEach)

describe('the page of knowledge', () => {
  beforeEach(() => {
    asked.length = 0
    vi.stubGlobal('fetch', server)
  })

  afterEach(() => {
    vi.unstubAllGlobals()
    localStorage.clear()
    document.body.innerHTML = ''
  })

  it('lists articles with whose they are and how they stand', async () => {
    const made = await atPage('/knowledge')
    const row = made.get('tbody tr').text()
    for (const word of ['停水怎么答', '知识', '中心', '有新版待发布', '演示']) expect(row).toContain(word)
    expect(asked.find((one) => one.what === 'GET /api/knowledge')?.query.get('shelf')).toBe('all')
  })

  it('says which edition agents see, and publishes what was read', async () => {
    const made = await atPage('/knowledge/a1')
    expect(made.text()).toContain('坐席现在看到的是第 1 版')
    expect(made.findAll('.words li').map((one) => one.text())).toEqual(['一家', '整栋'])
    await press(made, '发布第 2 版')
    expect(bodyOf('POST /api/knowledge/a1/publish')).toEqual({ version: 3 })
    expect(made.get('[role="status"]').text()).toBe('已发布：停水怎么答')
  })

  it('withdraws with a reason', async () => {
    const made = await atPage('/knowledge/a1')
    await press(made, '撤下')
    await made.get('.withdraw input').setValue('规定改了')
    await made.get('form').trigger('submit')
    await flushPromises()
    expect(bodyOf('POST /api/knowledge/a1/withdraw')).toEqual({ version: 3, reason: '规定改了' })
  })

  it('begins the next edition with an older one', async () => {
    answers['PUT /api/knowledge/a1'] = (body) => [200, { ...article, ...body }]
    const made = await atPage('/knowledge/a1')
    await press(made, '看第 1 版')
    await press(made, '以这一版为底稿')
    expect(made.get('textarea').element.value).toBe('老办法')
    await made.get('form').trigger('submit')
    await flushPromises()
    expect(bodyOf('PUT /api/knowledge/a1')).toMatchObject({ version: 3, body: '老办法', categories: ['WS-01'], valid_until: null })
  })

  it('keeps what was written when somebody else was faster, and follows them when saved again', async () => {
    answers['PUT /api/knowledge/a1'] = (body) => (body.version === 3 ? [409, conflict] : [200, article])
    answers['GET /api/knowledge/a1'] = () => [200, { ...article, version: asked.some(({ what }) => what.startsWith('PUT')) ? 4 : 3 }]
    const made = await atPage('/knowledge/a1')
    await press(made, '修改')
    await made.get('textarea').setValue('我的话')
    await made.get('form').trigger('submit')
    await flushPromises()
    expect(made.get('[role="alert"]').text()).toContain('您写的还在')
    expect(made.get('textarea').element.value).toBe('我的话')
    await made.get('form').trigger('submit')
    await flushPromises()
    expect(bodyOf('PUT /api/knowledge/a1')).toMatchObject({ version: 4, body: '我的话' })
  })

  it('takes a new article with categories of any level, for the own unit of a clerk', async () => {
    const made = await atPage('/knowledge/new', 'zh-CN', 'u1')
    expect(made.find('form select').exists()).toBe(false)
    const [title, category, keywords] = made.findAll('form input.input')
    await title!.setValue('新的')
    await category!.setValue('ws')
    await category!.trigger('change')
    await made.get('textarea').setValue('正文')
    await keywords!.setValue('停水，没水')
    await made.get('form').trigger('submit')
    await flushPromises()
    const sent = { kind: 'article', title: '新的', body: '正文', unit_id: 'u1', categories: ['WS'], keywords: ['停水', '没水'] }
    expect(bodyOf('POST /api/knowledge')).toMatchObject(sent)
  })

  it.each([
    ['zh-CN', '/knowledge'],
    ['en', '/knowledge/a1'],
    ['zh-CN', '/knowledge/new'],
    ['en', '/knowledge/new'],
  ] as const)('has nothing in %s at %s that axe minds', async (language, path) => {
    const made = await atPage(path, language)
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    // Colours need a real browser: the accessibility tests of the whole look at them.
    const rules = { 'color-contrast': { enabled: false } }
    const found = await axe.run(made.element as Element, { runOnly: { type: 'tag', values: tags }, rules })
    expect(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])).toEqual([])
  })
})
