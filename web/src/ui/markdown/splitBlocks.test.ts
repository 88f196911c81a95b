import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { openFence, splitBlocks } from './splitBlocks'

describe('blocks of Markdown', () => {
  test('are cut at blank lines between paragraphs', () => {
    expect(splitBlocks('one\n\ntwo\nmore\n\n\nthree').map((block) => block.trim())).toEqual(['one', 'two\nmore', 'three'])
  })

  test('never cut a code fence, closed or still open', () => {
    const closed = '```py\na = 1\n\nb = 2\n```'
    expect(splitBlocks(`${closed}\n\nafter`).map((block) => block.trim())).toEqual([closed, 'after'])
    expect(splitBlocks('~~~~\na\n\n~~~\n\nb')).toHaveLength(1)
  })

  test('are cut around a fence at the margin, not around one in a list', () => {
    const fence = '```py\na = 1\n```'
    expect(splitBlocks(`before\n${fence}\nafter`)).toEqual(['before', fence, 'after'])
    expect(splitBlocks('1. one\n   ```py\n   a\n   ```\n   more')).toHaveLength(1)
  })

  test('are open code until its own fence ends it', () => {
    expect(openFence('```py\na = 1\n``')).toEqual({ language: 'py', code: 'a = 1\n``' })
    expect(openFence('~~~~\n~~~\n```\n')).toEqual({ language: null, code: '~~~\n```\n' })
    expect(openFence('```py\na = 1\n```\n')).toBeNull()
    expect(openFence('```')).toBeNull()
    expect(openFence('text')).toBeNull()
  })

  test('keep a list together', () => {
    expect(splitBlocks('1. one\n\n2. two\n\n   still two\n\nafter')).toHaveLength(2)
  })

  test('lose nothing but blank lines, and earlier blocks stay as they are while text grows', () => {
    const line = fc.constantFrom('text', '- item', '', '```', '   indented', '> quote', '1. first', '# head')
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (first, second) => {
        const grown = splitBlocks([...first, ...second].join('\n'))
        const words = (parts: string[]) => parts.join('\n').split('\n').filter((text) => text.trim() !== '')
        expect(words(grown)).toEqual(words([...first, ...second]))
        const settled = splitBlocks(first.join('\n')).slice(0, -1)
        expect(grown.slice(0, settled.length)).toEqual(settled)
      }),
    )
  })
})
