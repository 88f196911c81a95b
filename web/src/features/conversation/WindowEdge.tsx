import { EyeOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'

interface WindowEdgeProps {
  /** Members who see nothing of what is above, but what is pinned. */
  readonly names: readonly string[]
  /** They read a summary of it. */
  readonly summarised: boolean
}

/** A line through the transcript where the windows of some members begin. */
export function WindowEdge({ names, summarised }: WindowEdgeProps) {
  const { t, i18n } = useTranslation()
  const listed = new Intl.ListFormat(i18n.language).format(names)
  return (
    <p data-window-edge={names.join(',')} className="mt-7 flex items-center gap-3 text-xs font-medium text-warn">
      <span aria-hidden="true" className="h-px flex-1 bg-warn/30" />
      <span className="inline-flex min-w-0 items-center gap-1.5">
        <EyeOff size={13} aria-hidden="true" className="shrink-0" />
        {t(summarised ? 'context.edgeSummarised' : 'context.edge', { names: listed, count: names.length })}
      </span>
      <span aria-hidden="true" className="h-px flex-1 bg-warn/30" />
    </p>
  )
}
