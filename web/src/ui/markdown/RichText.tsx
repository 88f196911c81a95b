/**
 * Answers as Markdown. Loaded apart from the page, because nobody needs it before the first answer.
 *
 * Text of models is untrusted: HTML stays text, links may not run code, and pictures become links, because loading one
 * would tell a stranger that and when it was read.
 */
import { memo, useEffect, useState } from 'react'
import Markdown, { type Components, type Options } from 'react-markdown'
import remarkGfm from 'remark-gfm'

import { CodeBlock } from './CodeBlock'
import { Table } from './Table'
import { Task } from './Task'
import { openFence, splitBlocks } from './splitBlocks'

type Rehype = NonNullable<Options['rehypePlugins']>

const REMARK = [remarkGfm]
const PLAIN: Rehype = []

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
  pre: ({ node, children }) => <CodeBlock language={languageOf(node)}>{children}</CodeBlock>,
}

function languageOf(pre: { children?: unknown[] } | undefined): string | null {
  const code = pre?.children?.[0] as { properties?: { className?: unknown } } | undefined
  const names = Array.isArray(code?.properties?.className) ? code.properties.className.map(String) : []
  return names.find((name) => name.startsWith('language-'))?.slice('language-'.length) ?? null
}

const Block = memo(function Block({ source, rehype }: { readonly source: string; readonly rehype: Rehype }) {
  return (
    <Markdown remarkPlugins={REMARK} rehypePlugins={rehype} components={COMPONENTS}>
      {source}
    </Markdown>
  )
})

/** A long file is written for minutes: as long as it is nothing but code, nothing is parsed. */
const Piece = memo(function Piece({ source }: { readonly source: string }) {
  const open = openFence(source)
  if (open === null) return <Block source={source} rehype={PLAIN} />
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
  return (
    <div className="prose">
      {splitBlocks(source).map((block, index) => (
        // Blocks are only ever added at the end and only the last one changes, so the position is the identity.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className="piece">
          <Piece source={block} />
        </div>
      ))}
    </div>
  )
}
