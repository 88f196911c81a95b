import { expect, test } from 'vitest'

import { deviceName } from './deviceName'

test('browsers are told apart although they claim to be each other', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  const edge = `${chrome.replace('X11; Linux x86_64', 'Windows NT 10.0; Win64; x64')} Edg/140.0.0.0`
  const safari =
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1'
  const firefox = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 14.6; rv:143.0) Gecko/20100101 Firefox/143.0'
  expect(deviceName(chrome)).toEqual({ browser: 'Chrome', system: 'Linux', program: null })
  expect(deviceName(edge)).toEqual({ browser: 'Edge', system: 'Windows', program: null })
  expect(deviceName(safari)).toEqual({ browser: 'Safari', system: 'iPhone', program: null })
  expect(deviceName(firefox)).toEqual({ browser: 'Firefox', system: 'macOS', program: null })
})

test('a program goes by its own name', () => {
  expect(deviceName('palaver-cli/1.2 (x)')).toEqual({ browser: null, system: null, program: 'palaver-cli' })
})

test('who says nothing is nobody known', () => {
  for (const agent of [null, '']) expect(deviceName(agent)).toEqual({ browser: null, system: null, program: null })
})
