import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { MAX_SUMMARY_CHARACTERS, type SummaryView } from '@/contracts/rest'
import { ApiFailure } from '@/lib/api/call'
import { useDeleteSummary, useEditSummary } from '@/lib/api/summaries'
import { useContextUsage } from '@/realtime/hooks'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { TextAreaField } from '@/ui/Field'
import { AnswerText } from '@/ui/markdown/AnswerText'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

interface SummaryTextProps {
  readonly session: SessionView
  readonly summary: SummaryView
  /** The version that goes on from it, so that this one can be changed no more. */
  readonly successor: SummaryView | undefined
  /** This one is to stay in view: a person asked for it, edits it, or made it by an edit. */
  readonly onChosen: (summary: SummaryView) => void
}

/** One version: who reads it, what it says, and other words for it. */
export function SummaryText({ session, summary, successor, onChosen }: SummaryTextProps) {
  const { t } = useTranslation()
  const [editing, setEditing] = useState(false)
  const edit = () => {
    onChosen(summary)
    setEditing(true)
  }
  return (
    <>
      <Readers session={session} summary={summary} />
      {editing ? (
        <Editor session={session} summary={summary} onEdited={onChosen} onCancel={() => setEditing(false)} />
      ) : (
        <>
          <div data-summary={summary.version} className="rounded-2xl border border-line bg-raised px-4 py-3 text-sm">
            <AnswerText source={summary.text} />
          </div>
          <div className="flex flex-wrap items-center justify-end gap-2">
            {successor ? <p className="min-w-0 flex-1 text-[0.8125rem] text-muted">{t('summary.replaced')}</p> : null}
            <DeleteButton session={session} summary={summary} />
            {successor ? (
              <Button onClick={() => onChosen(successor)}>{t('summary.showSuccessor')}</Button>
            ) : (
              <Button icon={<Pencil size={15} />} onClick={edit}>
                {t('summary.edit')}
              </Button>
            )}
          </div>
        </>
      )}
    </>
  )
}

function Readers({ session, summary }: Pick<SummaryTextProps, 'session' | 'summary'>) {
  const { t, i18n } = useTranslation()
  const usage = useContextUsage(session.id)
  const reading = new Set(usage?.participants.filter((meter) => meter.summary?.id === summary.id).map(({ id }) => id))
  const names = session.participants.filter(({ id }) => reading.has(id)).map(({ name }) => name)
  if (!summary.applies) return <Callout tone="warn">{t('summary.outdated')}</Callout>
  return (
    <p className="text-[0.8125rem] text-muted">
      {names.length > 0
        ? t('summary.readBy', { names: new Intl.ListFormat(i18n.language).format(names) })
        : t('summary.readByNobody')}
    </p>
  )
}

interface EditorProps extends Pick<SummaryTextProps, 'session' | 'summary'> {
  readonly onEdited: (summary: SummaryView) => void
  readonly onCancel: () => void
}

function Editor({ session, summary, onEdited, onCancel }: EditorProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const edit = useEditSummary(session.id)
  const [text, setText] = useState(summary.text)
  const tooLong = edit.error instanceof ApiFailure && edit.error.code === 'MESSAGE_TOO_LONG'
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        edit.mutate({ id: summary.id, text: text.trim() }, { onSuccess: onEdited })
      }}
    >
      <TextAreaField
        label={t('summary.text')}
        hint={t('summary.editHint')}
        rows={10}
        required
        value={text}
        maxLength={MAX_SUMMARY_CHARACTERS}
        onChange={(event) => setText(event.target.value)}
        error={edit.isError ? (tooLong ? t('summary.tooLong') : failureText(edit.error)) : null}
      />
      <div className="flex justify-end gap-2">
        <Button onClick={onCancel}>{t('cancel')}</Button>
        <Button type="submit" look="primary" busy={edit.isPending} disabled={text.trim() === ''}>
          {t('save')}
        </Button>
      </div>
    </form>
  )
}

function DeleteButton({ session, summary }: Pick<SummaryTextProps, 'session' | 'summary'>) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const remove = useDeleteSummary(session.id)
  const [asking, setAsking] = useState(false)
  return (
    <>
      <Button look="ghost" icon={<Trash2 size={15} />} onClick={() => setAsking(true)}>
        {t('summary.delete')}
      </Button>
      {asking ? (
        <ConfirmModal
          title={t('summary.deleteTitle', { version: summary.version })}
          text={t('summary.deleteText')}
          action={t('summary.delete')}
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            remove.mutate(summary.id, {
              onError: (failure) => toast(failureText(failure)),
              onSettled: () => setAsking(false),
            })
          }
        />
      ) : null}
    </>
  )
}
