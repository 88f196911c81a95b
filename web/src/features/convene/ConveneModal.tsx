import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { PromptMode } from '@/contracts/frames'
import type { SessionView } from '@/contracts/protocol'
import { MAX_PARTICIPANTS, MAX_TITLE_CHARACTERS } from '@/contracts/rest'
import { useCreateSession } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { TextField } from '@/ui/Field'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { ModelGrid } from './ModelGrid'
import { PersonaSeats } from './PersonaSeats'
import { PromptSettings } from './PromptSettings'
import { SeatPersonas } from './SeatPersonas'
import { SeatRow } from './SeatRow'
import { NOBODY_SEATED, type Seat, addPersona, addSeat, roomPrompt, seatsLeft, toParticipant, toggleSeat, withPersona } from './seats'

interface ConveneModalProps {
  readonly onCreated: (session: SessionView) => void
  readonly onClose: () => void
}

/** Open a room: who takes part, and what each of them is told. */
export function ConveneModal({ onCreated, onClose }: ConveneModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const create = useCreateSession()
  const defaultPrompt = t('convene.defaultPrompt')
  const [seats, setSeats] = useState<readonly Seat[]>([])
  const [title, setTitle] = useState('')
  const [promptMode, setPromptMode] = useState<PromptMode>('unified')
  const [prompt, setPrompt] = useState(defaultPrompt)
  const individual = promptMode === 'individual'

  const unified = individual ? null : roomPrompt(prompt, defaultPrompt, seats)

  const open = () =>
    create.mutate(
      {
        title: title.trim(),
        prompt_mode: promptMode,
        ...(unified === null ? {} : { system_prompt: unified }),
        participants: seats.map((seat) => toParticipant(seat, individual)),
      },
      { onSuccess: onCreated },
    )

  return (
    <Modal
      wide
      title={t('convene.title')}
      description={t('convene.description', { count: MAX_PARTICIPANTS })}
      onClose={onClose}
      footer={
        <div className="flex flex-wrap items-center justify-between gap-3">
          <div className="min-w-0 flex-1">
            {seats.length > 0 ? (
              <SeatRow seats={seats} onRemove={(key) => setSeats(seats.filter((seat) => seat.key !== key))} />
            ) : (
              <p className="text-sm text-muted">{t('convene.chooseOne')}</p>
            )}
          </div>
          <Button look="primary" busy={create.isPending} disabled={seats.length === 0} onClick={open}>
            {t('convene.open', { count: seats.length })}
          </Button>
        </div>
      }
    >
      <PersonaSeats
        full={seatsLeft(seats, NOBODY_SEATED) === 0}
        onSeat={(persona, model) => setSeats(addPersona(seats, persona, model, NOBODY_SEATED))}
      />
      <ModelGrid
        seats={seats}
        full={seatsLeft(seats, NOBODY_SEATED) === 0}
        onToggle={(model) => setSeats(toggleSeat(seats, model, NOBODY_SEATED, defaultPrompt))}
        onAddAnother={(model) => setSeats(addSeat(seats, model, NOBODY_SEATED, defaultPrompt))}
      />
      <SeatPersonas
        seats={seats}
        onChoose={(key, persona, name) =>
          setSeats(withPersona(seats, key, persona, { name, prompt: defaultPrompt, taken: NOBODY_SEATED }))
        }
      />
      <details className="group mt-5 rounded-2xl border border-line bg-canvas/60">
        <summary className="flex list-none items-center gap-2 rounded-2xl px-4 py-3 text-sm font-medium">
          <ChevronRight size={16} aria-hidden="true" className="text-muted transition-transform group-open:rotate-90" />
          {t('convene.details')}
          <span className="truncate font-normal text-muted">
            {individual ? t('convene.individualShort') : t('convene.unifiedShort')}
          </span>
        </summary>
        <div className="flex flex-col gap-5 px-4 pt-1 pb-5">
          <TextField
            label={t('convene.name')}
            value={title}
            maxLength={MAX_TITLE_CHARACTERS}
            placeholder={t('convene.namePlaceholder')}
            onChange={(event) => setTitle(event.target.value)}
          />
          <PromptSettings
            mode={promptMode}
            prompt={prompt}
            seats={seats}
            onMode={setPromptMode}
            onPrompt={setPrompt}
            onSeatPrompt={(key, own) => setSeats(seats.map((seat) => (seat.key === key ? { ...seat, prompt: own } : seat)))}
          />
        </div>
      </details>
      {create.isError ? (
        <div className="mt-4">
          <Callout tone="danger" urgent>
            {failureText(create.error)}
          </Callout>
        </div>
      ) : null}
    </Modal>
  )
}
