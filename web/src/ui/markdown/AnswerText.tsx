import { Suspense, lazy } from 'react'

/** A renderer that cannot be fetched (an old page after an update, a lost connection) must not take the text with it. */
const RichText = lazy(() => import('./RichText').catch(() => ({ default: PlainText })))

interface AnswerTextProps {
  readonly source: string
  readonly growing?: boolean
}

/** An answer's text: plain until the Markdown renderer has arrived. */
export function AnswerText({ source, growing = false }: AnswerTextProps) {
  return (
    <Suspense fallback={<PlainText source={source} />}>
      <RichText source={source} growing={growing} />
    </Suspense>
  )
}

function PlainText({ source }: AnswerTextProps) {
  return <div className="prose whitespace-pre-wrap">{source}</div>
}
