/** What a client calls itself, as far as a person would recognise it: browser and system, or a program's own name. */

export interface DeviceName {
  readonly browser: string | null
  readonly system: string | null
  /** Of a program that is not a browser. */
  readonly program: string | null
}

/** Browsers claim to be each other; the first that fits is the one. */
const BROWSERS = [
  ['Edge', /\bEdg(?:A|iOS)?\//],
  ['Opera', /\bOPR\//],
  ['Samsung Internet', /\bSamsungBrowser\//],
  ['Firefox', /\b(?:Firefox|FxiOS)\//],
  ['Chrome', /\b(?:HeadlessChrome|Chrome|CriOS)\//],
  ['Safari', /\bSafari\//],
] as const

const SYSTEMS = [
  ['iPhone', /\biPhone\b/],
  ['iPad', /\biPad\b/],
  ['Android', /\bAndroid\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['Windows', /\bWindows\b/],
  ['macOS', /\bMac OS X\b|\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
] as const

export function deviceName(agent: string | null): DeviceName {
  if (!agent) return { browser: null, system: null, program: null }
  const find = (known: typeof BROWSERS | typeof SYSTEMS) => known.find(([, pattern]) => pattern.test(agent))?.[0] ?? null
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)]
  return browser === null && system === null
    ? { browser, system, program: agent.split(/[\s/(]/, 1)[0] || null }
    : { browser, system, program: null }
}
