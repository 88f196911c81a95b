import { expect, test } from 'vitest'

import { addressed, completed, completionAt, withQuote } from './mentions'

const members = ['Swift', 'Swift 2', 'Sage', '小明'].map((name) => ({ id: `id of ${name}`, name }))
const named = (text: string) => addressed(text, members)?.map((id) => id.replace('id of ', '')) ?? null

test('a message asks whom it names, and everybody where it names nobody', () => {
  expect(named('What do you think?')).toBeNull()
  expect(named('@swift, and you?')).toEqual(['Swift'])
  expect(named('@Swift 2 and @sage: well?')).toEqual(['Swift 2', 'Sage'])
  expect(named('@Swiftly done')).toBeNull()
  expect(named('mail to me@sage.example')).toBeNull()
  expect(named('@小明你觉得呢')).toEqual(['小明'])
  expect(named('(@Sage) @Sage')).toEqual(['Sage'])
})

test('names are completed behind their at sign', () => {
  const names = (text: string, caret = text.length) => completionAt(text, caret, members)?.members.map(({ name }) => name) ?? []
  expect(names('Hi @')).toEqual(['Swift', 'Swift 2', 'Sage', '小明'])
  expect(names('Hi @sw')).toEqual(['Swift', 'Swift 2'])
  expect(names('Hi @swift')).toEqual(['Swift 2'])
  expect(names('Hi @x')).toEqual([])
  expect(names('me@s')).toEqual([])
  expect(names('Hi')).toEqual([])
  expect(names('@sa and more', 3)).toEqual(['Sage'])
})

test('a completed name takes the place of what was typed of it', () => {
  const complete = (text: string, caret: number) => {
    const completion = completionAt(text, caret, members)
    const member = completion?.members[0]
    return completion && member ? completed(text, caret, completion, member) : null
  }
  expect(complete('Hi @sa', 6)).toEqual({ text: 'Hi @Sage ', caret: 9 })
  expect(complete('Hi @sa you', 6)).toEqual({ text: 'Hi @Sage you', caret: 8 })
})

test('a quotation stands behind what is written already', () => {
  expect(withQuote('', 'one\n\ntwo\n')).toBe('> one\n>\n> two\n\n')
  expect(withQuote('Look: ', 'one')).toBe('Look:\n\n> one\n\n')
})
