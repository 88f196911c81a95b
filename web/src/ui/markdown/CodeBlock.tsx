import { Check, Copy } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'

const SHOWN_FOR_MS = 1_600

interface CodeBlockProps {
  readonly language: string | null
  readonly children: ReactNode
}

export function CodeBlock({ language, children }: CodeBlockProps) {
  const { t } = useTranslation()
  const code = useRef<HTMLPreElement>(null)
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(code.current?.textContent ?? '')
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_FOR_MS)
  }
  return (
    <div className="overflow-hidden rounded-xl border border-line bg-sunken/60">
      <div className="flex items-center justify-between border-b border-line py-1 pr-1.5 pl-3.5 text-xs text-muted">
        <span className="font-mono">{language ?? t('code')}</span>
        {navigator.clipboard ? (
          <button
            type="button"
            onClick={() => void copy()}
            className="inline-flex items-center gap-1.5 rounded-lg px-2 py-1 hover:bg-sunken hover:text-ink"
          >
            {copied ? <Check size={13} /> : <Copy size={13} />}
            {copied ? t('copied') : t('copy')}
          </button>
        ) : null}
      </div>
      {/* Long lines are scrolled to by keyboard, too. */}
      <pre
        ref={code}
        role="group"
        aria-label={language ?? t('code')}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="scroll-quiet overflow-x-auto px-3.5 py-3 font-mono text-[0.8125rem] leading-relaxed focus-visible:outline-offset-[-2px]"
      >
        {children}
      </pre>
    </div>
  )
}
