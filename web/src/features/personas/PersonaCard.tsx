import { Copy, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { Persona } from '@/contracts/rest'
import { useModelNames } from '@/lib/api/models'
import { useDeletePersona } from '@/lib/api/personas'
import { MEMBER_COLORS } from '@/lib/memberColors'
import { Avatar } from '@/ui/Avatar'
import { Button } from '@/ui/Button'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { IconButton } from '@/ui/IconButton'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'
import { usePersonaText } from '@/ui/usePersonaText'

interface PersonaCardProps {
  readonly persona: Persona
  /** Of one's own. */
  readonly onEdit?: () => void
  /** Of a built-in one, which nobody can change. */
  readonly onCopy?: () => void
}

export function PersonaCard({ persona, onEdit, onCopy }: PersonaCardProps) {
  const { t } = useTranslation()
  const models = useModelNames()
  const { name, description } = usePersonaText()(persona)
  const { color, model, system_prompt } = persona
  return (
    <div className="flex items-start gap-3.5 rounded-2xl border border-line bg-surface p-4">
      <Avatar name={name} color={color ?? MEMBER_COLORS[0]} />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-baseline gap-x-2">
          <span className="truncate font-semibold">{name}</span>
          {model ? <span className="truncate text-xs text-muted">{models.get(model) ?? model}</span> : null}
        </p>
        {description ? <p className="text-sm text-muted">{description}</p> : null}
        {system_prompt ? <p className="mt-1.5 line-clamp-2 text-[0.8125rem] wrap-anywhere text-muted">{system_prompt}</p> : null}
      </div>
      {onCopy ? (
        <Button small icon={<Copy size={14} />} onClick={onCopy} aria-label={t('personas.copyOf', { name })}>
          {t('personas.copy')}
        </Button>
      ) : null}
      {onEdit ? (
        <span className="flex">
          <IconButton label={t('personas.edit', { name })} onClick={onEdit}>
            <Pencil size={16} />
          </IconButton>
          <DeleteButton slug={persona.slug} name={name} />
        </span>
      ) : null}
    </div>
  )
}

function DeleteButton({ slug, name }: { readonly slug: string; readonly name: string }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const remove = useDeletePersona()
  const [asking, setAsking] = useState(false)
  return (
    <>
      <IconButton label={t('personas.delete', { name })} onClick={() => setAsking(true)}>
        <Trash2 size={16} />
      </IconButton>
      {asking ? (
        <ConfirmModal
          title={t('personas.deleteTitle', { name })}
          text={t('personas.deleteText')}
          action={t('personas.deleteDo')}
          busy={remove.isPending}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            remove.mutate(slug, {
              onError: (failure) => toast(failureText(failure)),
              onSettled: () => setAsking(false),
            })
          }
        />
      ) : null}
    </>
  )
}
