import { createApp } from 'vue'
import App from './App.vue'
import './citizen.css'
import { followHistory } from './route'

followHistory()
createApp(App).mount('#app')
