/**
 * Answers as Markdown. Loaded apart from the page, because nobody needs it before the first answer.
 *
 * Text of models is untrusted: HTML stays text, links may not run code, and pictures become links, because loading one
 * would tell a stranger that and when it was read.
 */
import { Suspense, lazy, memo, useEffect, useState } from 'react'
import Markdown, { type Components, type Options } from 'react-markdown'
import remarkGfm from 'remark-gfm'

import { CodeBlock } from './CodeBlock'
import { FormulaText } from './FormulaText'
import { Table } from './Table'
import { Task } from './Task'
import { type FormulaSource, formulaOf, withFormulas } from './formulas'
import { openFence, splitBlocks } from './splitBlocks'

type Rehype = NonNullable<Options['rehypePlugins']>

const REMARK = [remarkGfm]
const PLAIN: Rehype = []

/** Without what sets them, formulas are shown as they were written. */
const Formula = lazy(() => import('./Formula').catch(() => ({ default: FormulaText })))

const COMPONENTS: Components = {
  a: ({ children, href }) => (
    <a href={href} target="_blank" rel="noopener noreferrer nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) =>
    typeof src === 'string' ? (
      <a href={src} target="_blank" rel="noopener noreferrer nofollow">
        {alt || src}
      </a>
    ) : null,
  table: Table,
  input: ({ checked }) => <Task done={checked === true} />,
  code: ({ className, children }) => {
    const formula = typeof children === 'string' ? formulaOf(children) : null
    return formula ? <InlineFormula {...formula} /> : <code className={className}>{children}</code>
  },
  pre: ({ node, children }) => <CodeBlock language={languageOf(node)}>{children}</CodeBlock>,
}

function languageOf(pre: { children?: unknown[] } | undefined): string | null {
  const code = pre?.children?.[0] as { properties?: { className?: unknown } } | undefined
  const names = Array.isArray(code?.properties?.className) ? code.properties.className.map(String) : []
  return names.find((name) => name.startsWith('language-'))?.slice('language-'.length) ?? null
}

function InlineFormula({ kind, tex }: FormulaSource) {
  if (kind === 'unfinished') return <FormulaText tex={tex} />
  return (
    <Suspense fallback={<FormulaText tex={tex} />}>
      <Formula tex={tex} display={kind === 'display'} />
    </Suspense>
  )
}

interface BlockProps {
  readonly source: string
  readonly rehype: Rehype
  /** More of it comes. */
  readonly growing?: boolean
}

const Block = memo(function Block({ source, rehype, growing }: BlockProps) {
  return (
    <Markdown remarkPlugins={REMARK} rehypePlugins={rehype} components={COMPONENTS}>
      {withFormulas(source, growing)}
    </Markdown>
  )
})

/** A long file is written for minutes: as long as it is nothing but code, nothing is parsed. */
const Piece = memo(function Piece({ source, growing }: { readonly source: string; readonly growing: boolean }) {
  const open = openFence(source)
  if (open === null) return <Block source={source} rehype={PLAIN} growing={growing} />
  return (
    <CodeBlock language={open.language}>
      <code>{open.code}</code>
    </CodeBlock>
  )
})

/** Colours for code, fetched when there is code to colour and the answer is whole. */
function useHighlighting(wanted: boolean): Rehype {
  const [plugins, setPlugins] = useState(PLAIN)
  useEffect(() => {
    if (!wanted) return undefined
    let gone = false
    import('rehype-highlight').then(
      ({ default: highlight }) => {
        if (!gone) setPlugins([[highlight, { detect: false, ignoreMissing: true }]])
      },
      () => undefined, // Without colours the code is still there.
    )
    return () => {
      gone = true
    }
  }, [wanted])
  return plugins
}

interface RichTextProps {
  readonly source: string
  /** The text still grows: only its last block is rendered anew. */
  readonly growing?: boolean
}

export default function RichText({ source, growing = false }: RichTextProps) {
  const rehype = useHighlighting(!growing && source.includes('```'))
  if (!growing) {
    return (
      <div className="prose">
        <Block source={source} rehype={rehype} />
      </div>
    )
  }
  const blocks = splitBlocks(source)
  return (
    <div className="prose">
      {blocks.map((block, index) => (
        // Blocks are only ever added at the end and only the last one changes, so the position is the identity.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="piece">
          <Piece source={block} growing={index === blocks.length - 1} />
        </div>
      ))}
    </div>
  )
}
