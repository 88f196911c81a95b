import { describe, expect, test } from 'vitest'

import { MAX_CHARACTERS, MAX_DRAFTS, type Shelf, forgetDrafts, readDrafts, writeDraft } from './draftShelf'

function shelfOf(capacity = Number.POSITIVE_INFINITY): Shelf & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>()
  return {
    kept,
    get length() {
      return kept.size
    },
    key: (place) => [...kept.keys()][place] ?? null,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => {
      if (value.length > capacity) throw new DOMException('full', 'QuotaExceededError')
      kept.set(key, value)
    },
    removeItem: (key) => void kept.delete(key),
  }
}

describe('drafts on this device', () => {
  test('come back as they were, each to its writer and its room', () => {
    const shelf = shelfOf()
    writeDraft(shelf, 'ada', 'r1', 'at 10:30: 你好', 1)
    writeDraft(shelf, 'ada', 'r2', 'more', 2)
    writeDraft(shelf, 'bo', 'r1', "bo's own", 3)
    expect(readDrafts(shelf, 'ada')).toEqual({ r1: 'at 10:30: 你好', r2: 'more' })
    expect(readDrafts(shelf, 'bo')).toEqual({ r1: "bo's own" })
    expect(readDrafts(shelf, 'cy')).toEqual({})
  })

  test('leave nothing behind when they are sent, and their writer nothing on leaving', () => {
    const shelf = shelfOf()
    shelf.setItem('palaver.preferences', '{}')
    writeDraft(shelf, 'ada', 'r1', 'sent', 1)
    writeDraft(shelf, 'ada', 'r2', 'not sent', 2)
    writeDraft(shelf, 'bo', 'r1', 'stays', 3)
    writeDraft(shelf, 'ada', 'r1', '', 4)
    expect(readDrafts(shelf, 'ada')).toEqual({ r2: 'not sent' })
    forgetDrafts(shelf, 'ada')
    expect([...shelf.kept.keys()]).toEqual(['palaver.preferences', 'palaver.draft.bo.r1'])
  })

  test('are bounded in number and in size: the oldest go', () => {
    const shelf = shelfOf()
    for (let n = 0; n <= MAX_DRAFTS; n += 1) writeDraft(shelf, 'ada', `r${n}`, 'x', n)
    expect(Object.keys(readDrafts(shelf, 'ada'))).toHaveLength(MAX_DRAFTS)
    expect(readDrafts(shelf, 'ada')).not.toHaveProperty('r0')
    writeDraft(shelf, 'bo', 'long', 'x'.repeat(MAX_CHARACTERS), MAX_DRAFTS + 1)
    expect(readDrafts(shelf, 'ada')).toEqual({})
    writeDraft(shelf, 'bo', 'longer', 'x'.repeat(MAX_CHARACTERS + 1), MAX_DRAFTS + 2)
    expect(shelf.kept.size).toBe(0)
  })

  test('that the browser has no room for are not half kept', () => {
    const shelf = shelfOf(20)
    writeDraft(shelf, 'ada', 'r1', 'short', 1)
    writeDraft(shelf, 'ada', 'r1', 'much longer than there is room for', 2)
    expect(readDrafts(shelf, 'ada')).toEqual({})
  })
})
