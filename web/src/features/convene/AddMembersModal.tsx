import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SessionView } from '@/contracts/protocol'
import { useAddParticipant } from '@/lib/api/sessions'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Modal } from '@/ui/Modal'
import { useFailureText } from '@/ui/useFailureText'

import { ModelGrid } from './ModelGrid'
import { PersonaSeats } from './PersonaSeats'
import { SeatPersonas } from './SeatPersonas'
import { SeatRow } from './SeatRow'
import { OWN_PROMPT, type Seat, addPersona, addSeat, seatsLeft, toParticipant, toggleSeat, withPersona } from './seats'

interface AddMembersModalProps {
  readonly session: SessionView
  readonly onClose: () => void
}

/** Give more models a seat while the room runs. */
export function AddMembersModal({ session, onClose }: AddMembersModalProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const add = useAddParticipant(session.id)
  const [seats, setSeats] = useState<readonly Seat[]>([])
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const individual = session.prompt_mode === 'individual'
  const prompt = individual ? t('convene.defaultPrompt') : ''
  const ownPromptHeard = individual || !session.system_prompt || session.system_prompt.includes(OWN_PROMPT)
  const unheard = !ownPromptHeard && seats.some(({ persona }) => persona !== null)
  const taken = {
    names: session.participants.map(({ name }) => name),
    colors: session.participants.map(({ color }) => color),
  }

  const seatAll = async () => {
    setBusy(true)
    setFailure(null)
    let left = seats
    try {
      for (const seat of seats) {
        // One after the other: seats are numbered in the order in which they were chosen.
        // oxlint-disable-next-line no-await-in-loop
        await add.mutateAsync(toParticipant(seat, individual))
        left = left.slice(1)
      }
      onClose()
    } catch (reason) {
      setFailure(reason)
      setSeats(left)
      setBusy(false)
    }
  }

  return (
    <Modal
      wide
      title={t('convene.addTitle')}
      description={t('convene.addDescription', { count: seatsLeft(seats, taken) })}
      onClose={onClose}
      footer={
        <div className="flex flex-wrap items-center justify-between gap-3">
          <div className="min-w-0 flex-1">
            <SeatRow seats={seats} onRemove={(key) => setSeats(seats.filter((seat) => seat.key !== key))} />
          </div>
          <Button look="primary" busy={busy} disabled={seats.length === 0} onClick={() => void seatAll()}>
            {t('convene.add', { count: seats.length })}
          </Button>
        </div>
      }
    >
      {failure ? (
        <div className="mb-4">
          <Callout tone="danger" urgent>
            {failureText(failure)}
          </Callout>
        </div>
      ) : null}
      <PersonaSeats
        full={seatsLeft(seats, taken) === 0}
        onSeat={(persona, model) => setSeats(addPersona(seats, persona, model, taken))}
      />
      <ModelGrid
        seats={seats}
        full={seatsLeft(seats, taken) === 0}
        onToggle={(model) => setSeats(toggleSeat(seats, model, taken, prompt))}
        onAddAnother={(model) => setSeats(addSeat(seats, model, taken, prompt))}
      />
      <SeatPersonas
        seats={seats}
        onChoose={(key, persona, name) => setSeats(withPersona(seats, key, persona, { name, prompt, taken }))}
      />
      {unheard ? (
        <div className="mt-3">
          <Callout tone="warn">{t('convene.personaUnheard', { placeholder: OWN_PROMPT })}</Callout>
        </div>
      ) : null}
    </Modal>
  )
}
