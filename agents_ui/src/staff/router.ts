import { createRouter, createWebHistory, type Router, type RouteRecordRaw } from 'vue-router'
import { serviceName } from '@/api/about'
import { ANY_SECTION } from './admin/sections'
import type { Session } from './session'
import SignInPage from './signin/SignInPage.vue'

declare module 'vue-router' {
  interface RouteMeta {
    /** May be seen without signing in. */
    open?: boolean
    /** One of these capabilities is needed. */
    needs?: readonly string[]
    /** Key of the page's title. */
    title?: string
  }
}

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: SignInPage, meta: { open: true, title: 'staff.signIn.title' } },
  {
    path: '/password',
    name: 'password',
    component: () => import('./signin/PasswordPage.vue'),
    meta: { title: 'staff.password.title' },
  },
  {
    path: '/desk',
    name: 'desk',
    component: () => import('./desk/DeskPage.vue'),
    meta: { needs: ['desk.work'], title: 'staff.nav.desk' },
  },
  {
    path: '/missed',
    name: 'missed',
    component: () => import('./missed/MissedPage.vue'),
    meta: { needs: ['desk.work'], title: 'staff.nav.missed' },
  },
  {
    path: '/to-file',
    name: 'to-file',
    component: () => import('./missed/ToFilePage.vue'),
    meta: { needs: ['desk.work'], title: 'staff.nav.toFile' },
  },
  {
    path: '/nuisance',
    name: 'nuisance',
    component: () => import('./nuisance/NuisancePage.vue'),
    meta: { needs: ['nuisance.review'], title: 'staff.nav.nuisance' },
  },
  {
    path: '/cases',
    name: 'cases',
    component: () => import('./cases/CasesPage.vue'),
    meta: { needs: ['case.view_all', 'case.view_unit'], title: 'staff.nav.cases' },
  },
  {
    path: '/cases/:no',
    name: 'case',
    component: () => import('./case/CasePage.vue'),
    props: true,
    meta: { needs: ['case.view_all', 'case.view_unit'], title: 'staff.nav.cases' },
  },
  {
    path: '/reviews',
    name: 'reviews',
    component: () => import('./reviews/ReviewsPage.vue'),
    meta: { needs: ['survey.review'], title: 'staff.nav.reviews' },
  },
  {
    path: '/unit',
    name: 'unit',
    component: () => import('./unit/UnitPage.vue'),
    meta: { needs: ['case.view_unit'], title: 'staff.nav.unit' },
  },
  {
    path: '/knowledge/:id?',
    name: 'knowledge',
    component: () => import('./knowledge/KnowledgePage.vue'),
    props: true,
    meta: { needs: ['knowledge.write', 'knowledge.publish'], title: 'staff.nav.knowledge' },
  },
  {
    path: '/admin/:section?',
    name: 'admin',
    component: () => import('./admin/AdminPage.vue'),
    props: true,
    meta: { needs: ANY_SECTION, title: 'staff.nav.admin' },
  },
  { path: '/', name: 'home', component: () => import('./shell/NothingHere.vue'), meta: { title: 'common.brand' } },
  {
    path: '/:rest(.*)*',
    name: 'unknown',
    component: () => import('./shell/NothingHere.vue'),
    meta: { title: 'staff.nothing.title' },
  },
]

/** The pages of the top bar, in its order; the first one a person may see is their home. */
export const NAV = ['desk', 'missed', 'unit', 'cases', 'reviews', 'nuisance', 'knowledge', 'admin'] as const

/** The entries of the top bar that exist and that the person may open. */
export function navFor(router: Router, session: Session): string[] {
  const known = new Map(router.getRoutes().map((route) => [route.name, route.meta.needs]))
  return NAV.filter((name) => known.has(name) && session.may(...(known.get(name) ?? [])))
}

export function createStaffRouter(session: Session, t: (key: string) => string): Router {
  const router = createRouter({ history: createWebHistory('/'), routes })
  router.beforeEach(async (to) => {
    if (!session.isChecked) await session.check()
    if (to.meta.open) return true
    if (!session.me) return { name: 'sign-in', query: to.fullPath === '/' ? {} : { next: to.fullPath } }
    // A first password, or one that somebody else set, is good for choosing another and nothing else.
    if (session.may('password.must_change')) return to.name === 'password' ? true : { name: 'password' }
    if (to.name === 'home') {
      const [first] = navFor(router, session)
      return first ? { name: first } : true
    }
    if (to.meta.needs && !session.may(...to.meta.needs)) return { name: 'unknown', params: { rest: ['denied'] } }
    return true
  })
  router.afterEach((to) => {
    const title = to.meta.title ? t(to.meta.title) : ''
    const name = serviceName(document.documentElement.lang, t('common.brand'))
    document.title = title ? `${title} · ${name}` : name
  })
  return router
}
