import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'
import { plainEntry } from './build/plainEntry.ts'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const server = process.env['HOTLINE_URL'] ?? 'http://127.0.0.1:8080'

export default defineConfig({
  base: '/ui/',
  plugins: [vue(), plainEntry('citizen', ['element-plus'])],
  resolve: { alias: { '@': here('./src') } },
  build: {
    // scripts/build_ui.py moves it from here into the Python package once it is whole.
    outDir: '../build/ui',
    emptyOutDir: true,
    // Older phones open the citizen page from WeChat.
    target: ['chrome87', 'safari14', 'firefox78'],
    // The content security policy allows no data: scripts or fonts.
    assetsInlineLimit: 0,
    manifest: 'manifest.json',
    rolldownOptions: {
      input: { staff: here('./index.html'), citizen: here('./citizen.html') },
    },
  },
  server: {
    proxy: { '/api': { target: server, ws: true } },
  },
})
