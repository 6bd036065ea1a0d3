import { createPinia } from 'pinia'
import { createApp } from 'vue'
import '@/design/base.css'
import '@/design/controls.css'
import { loadAbout } from '@/api/about'
import { whenSignedOut } from '@/api/client'
import { createLanguages } from '@/i18n/language'
import { createLive } from '@/live/live'
import App from './App.vue'
import { catalogues } from './messages'
import { createStaffRouter } from './router'
import { useSession } from './session'

void loadAbout()
const app = createApp(App)
const languages = createLanguages(catalogues)
app.use(createPinia())
app.use(languages)

const session = useSession()
// A socket that cannot be opened may mean that the session ended; asking for it tells.
const live = createLive('staff', () => void session.check())
app.use(live)

const router = createStaffRouter(session, languages.global.t)
app.use(router)

whenSignedOut(() => {
  live.client.stop()
  session.forget()
  const here = router.currentRoute.value
  if (!here.meta.open && here.name) void router.push({ name: 'sign-in', query: { next: here.fullPath } })
})
session.onSignedIn(() => live.client.start())

app.mount('#app')
