/** Numbers, money and times as people read them, in their language. */

/** Making one takes a hundred times as long as using it. */
const numbers = new Map<string, Intl.NumberFormat>()
const moments = new Map<string, Intl.DateTimeFormat>()

function numberFormat(language: string, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat {
  return kept(numbers, language, options, () => new Intl.NumberFormat(language, options))
}

function momentFormat(language: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return kept(moments, language, options, () => new Intl.DateTimeFormat(language, options))
}

function kept<Format>(all: Map<string, Format>, language: string, options: object, make: () => Format): Format {
  const key = language + JSON.stringify(options)
  const format = all.get(key) ?? make()
  all.set(key, format)
  return format
}

export function formatCount(value: number, language: string): string {
  return numberFormat(language).format(value)
}

/** 8192 → 8.2K, 200000 → 200K. */
export function formatCompact(value: number, language: string): string {
  return numberFormat(language === 'zh' ? 'en' : language, {
    notation: 'compact',
    maximumFractionDigits: value < 10_000 ? 1 : 0,
  }).format(value)
}

/** In whole per cent; something is never shown as nothing. */
export function formatShare(share: number, language: string): string {
  const percent = numberFormat(language, { style: 'percent' })
  return share > 0 && share < 0.005 ? `<${percent.format(0.01)}` : percent.format(share)
}

/** US dollars; small amounts keep enough digits to be told from nothing. */
export function formatCost(dollars: number, language: string): string {
  const digits = dollars === 0 || dollars >= 1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(dollars)))
  return numberFormat(language, {
    style: 'currency',
    currency: 'USD',
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: Math.min(2, digits),
    maximumFractionDigits: Math.max(2, digits),
  }).format(dollars)
}

/** Prices come per 1,000 tokens and are read per million. */
export function pricePerMillion(perThousand: string | number): number {
  return Number(perThousand) * 1_000
}

export function formatTime(iso: string, language: string): string {
  return momentFormat(language, { hour: '2-digit', minute: '2-digit' }).format(new Date(iso))
}

export function formatDate(iso: string, language: string): string {
  return momentFormat(language, { dateStyle: 'medium' }).format(new Date(iso))
}

export type Age = 'today' | 'yesterday' | 'week' | 'older'

/** How long ago, in calendar days of this device. */
export function ageOf(iso: string, now: Date): Age {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime()
  const at = Date.parse(iso)
  const day = 86_400_000
  if (at >= midnight) return 'today'
  if (at >= midnight - day) return 'yesterday'
  return at >= midnight - 7 * day ? 'week' : 'older'
}

/** Day and time. */
export function formatMoment(iso: string, language: string): string {
  return momentFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
}
