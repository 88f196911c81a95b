import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

import { serviceWorker } from './scripts/service_worker.mjs'

// Where `npm run dev` finds a running gateway; the built page is served by the gateway itself.
const gateway = 'http://127.0.0.1:8080'

/** KaTeX names each font in three formats; whatever browser can show this page reads the first. */
const oneFormatPerFont = {
  name: 'one-format-per-font',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('katex.min.css') ? code.replace(/,url\([^)]+\.(?:woff|ttf)\) format\("[a-z]+"\)/g, '') : undefined,
}

export default defineConfig({
  plugins: [oneFormatPerFont, react(), tailwindcss(), serviceWorker()],
  resolve: { alias: { '@': new URL('./src', import.meta.url).pathname } },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': gateway,
      '/ws': { target: gateway.replace('http', 'ws'), ws: true },
    },
  },
  build: {
    outDir: 'dist',
    target: 'es2023',
    // The content security policy allows files of our own origin only, so nothing may become a data: URL.
    assetsInlineLimit: 0,
    sourcemap: false,
    // Read by scripts/first_load.mjs.
    manifest: true,
  },
  test: { include: ['src/**/*.test.ts'], environment: 'node' },
})
