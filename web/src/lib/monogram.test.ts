import { expect, test } from 'vitest'

import { monogram } from './monogram'

test('names that begin alike are told apart in two letters, and one Chinese character is enough', () => {
  expect(['Swift', 'Sage', 'Claude Sonnet 4.5', 'GPT-5', 'o3', 'X', '小明', '  ', '🦉'].map(monogram)).toEqual([
    'Sw',
    'Sa',
    'CS',
    'G5',
    'O3',
    'X',
    '小',
    '?',
    '?',
  ])
})
