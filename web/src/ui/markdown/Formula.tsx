/** One formula, set by KaTeX. Loaded apart from the Markdown around it, because most answers have none. */
import { renderToString } from 'katex'
import 'katex/dist/katex.min.css'
import { useLayoutEffect, useMemo, useRef } from 'react'

import { FormulaText } from './FormulaText'

/** In em: a model's text must not cover the page. */
const MAX_SIZE = 20
/** Macros may be defined in a formula, and may be made to grow without end. */
const MAX_EXPANSIONS = 200

interface FormulaProps {
  readonly tex: string
  readonly display: boolean
}

export default function Formula({ tex, display }: FormulaProps) {
  const place = useRef<HTMLSpanElement>(null)
  const html = useMemo(() => typeset(tex, display), [tex, display])
  useLayoutEffect(() => {
    if (place.current && html !== null) fill(place.current, html)
  }, [html])
  if (html === null) return <FormulaText tex={tex} />
  return <span ref={place} data-formula={display ? 'display' : 'inline'} />
}

/** Null where it is no formula. KaTeX escapes all text, and without trust sets no links, pictures or styles of others. */
function typeset(tex: string, displayMode: boolean): string | null {
  try {
    return renderToString(tex, { displayMode, strict: 'ignore', maxSize: MAX_SIZE, maxExpand: MAX_EXPANSIONS })
  } catch {
    return null
  }
}

/** The content security policy refuses styles in markup; scripts of ours may set the same ones. */
function fill(place: HTMLElement, html: string): void {
  place.innerHTML = html.replaceAll(' style="', ' data-style="')
  for (const element of place.querySelectorAll<HTMLElement>('[data-style]')) {
    element.style.cssText = element.dataset['style'] ?? ''
    element.removeAttribute('data-style')
  }
}
