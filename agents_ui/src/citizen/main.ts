import { createApp } from 'vue'
import { loadAbout } from '@/api/about'
import App from './App.vue'
import './citizen.css'
import { followHistory } from './route'

followHistory()
void loadAbout()
createApp(App).mount('#app')
