import '@fontsource-variable/inter'
import '@fontsource-variable/newsreader'
import './app/styles.css'

import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'

import { App } from './app/App'
import { CrashScreen } from './app/CrashScreen'
import { SharedEntrance, isReading } from './app/SharedEntrance'
import { startI18n } from './app/i18n'
import { keepUpToDate } from './app/updates'

const root = document.querySelector('#root')
if (root === null) throw new Error('index.html has no #root')

// Whoever only reads a link gets no files to keep.
if (!isReading()) keepUpToDate()
await startI18n()
createRoot(root).render(
  <StrictMode>
    <CrashScreen>
      {isReading() ? <SharedEntrance /> : <App />}
    </CrashScreen>
  </StrictMode>,
)
