import { Suspense, lazy } from 'react'

const RichText = lazy(() => import('./RichText'))

interface AnswerTextProps {
  readonly source: string
  readonly growing?: boolean
}

/** An answer's text: plain until the Markdown renderer has arrived. */
export function AnswerText({ source, growing = false }: AnswerTextProps) {
  return (
    <Suspense fallback={<div className="prose whitespace-pre-wrap">{source}</div>}>
      <RichText source={source} growing={growing} />
    </Suspense>
  )
}
