import { describe, expect, test } from 'vitest'

import { preferredLanguage } from './i18n'
import en from './locales/en.json'
import zh from './locales/zh.json'

/** Every text by its path, plural forms under one name. */
function texts(tree: object, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [name, value] of Object.entries(tree) as [string, string | object][]) {
    const here = `${path}${name.replace(/_(?:zero|one|two|few|many|other)$/, '')}`
    if (typeof value === 'string') found.set(here, value)
    else for (const entry of texts(value, `${here}.`)) found.set(...entry)
  }
  return found
}

function placeholders(text: string | undefined): string[] {
  return [...new Set(text?.match(/\{\{\w+\}\}/g))].toSorted()
}

describe('translations', () => {
  test('say the same things in every language', () => {
    expect([...texts(zh).keys()].toSorted()).toEqual([...texts(en).keys()].toSorted())
  })

  test('name the same values in every language', () => {
    const chinese = texts(zh)
    for (const [path, text] of texts(en)) {
      expect([path, placeholders(chinese.get(path))]).toEqual([path, placeholders(text)])
    }
  })
})

test('the language is the chosen one, else the first that is offered and spoken', () => {
  expect(preferredLanguage('zh', ['en-US'])).toBe('zh')
  expect(preferredLanguage(null, ['fr-FR', 'zh-TW', 'en'])).toBe('zh')
  expect(preferredLanguage(null, ['fr-FR', 'en-GB', 'zh'])).toBe('en')
  expect(preferredLanguage(null, [])).toBe('en')
})
