/** The languages of the page. English is part of it; others are fetched when they are wanted. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'

import { type Language, usePreferences } from '@/lib/preferences'

import en from './locales/en.json'

const FETCHED = { zh: () => import('./locales/zh.json') } as const

const HTML_LANG: Record<Language, string> = { en: 'en', zh: 'zh-CN' }

export function preferredLanguage(chosen: Language | null, offered: readonly string[]): Language {
  if (chosen !== null) return chosen
  const first = offered.find((language) => /^(en|zh)\b/i.test(language))
  return first?.toLowerCase().startsWith('zh') ? 'zh' : 'en'
}

export async function startI18n(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: 'en',
    fallbackLng: 'en',
    resources: { en: { translation: en } },
    interpolation: { escapeValue: false }, // React escapes.
  })
  await speak(preferredLanguage(usePreferences.getState().language, navigator.languages))
  usePreferences.subscribe(({ language }, before) => {
    if (language !== before.language) void speak(preferredLanguage(language, navigator.languages))
  })
}

/** Speak the language, or go on in the present one if its texts cannot be fetched. */
async function speak(language: Language): Promise<void> {
  if (!(await isKnown(language))) return
  document.documentElement.lang = HTML_LANG[language]
  await i18next.changeLanguage(language)
}

async function isKnown(language: Language): Promise<boolean> {
  if (language === 'en' || i18next.hasResourceBundle(language, 'translation')) return true
  try {
    const { default: texts } = await FETCHED[language]()
    i18next.addResourceBundle(language, 'translation', texts)
    return true
  } catch {
    return false
  }
}

declare module 'i18next' {
  interface CustomTypeOptions {
    resources: { translation: typeof en }
  }
}
