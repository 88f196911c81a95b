import { Ellipsis, MonitorSmartphone, ShieldOff, Trash2, UserCheck, UserX } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { PersonView } from '@/contracts/rest'
import { useChangePerson, useDeletePerson, useResetSecondFactor } from '@/lib/api/people'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { IconButton } from '@/ui/IconButton'
import { Menu, MenuItem, MenuLine } from '@/ui/Menu'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { SignInsModal } from './SignInsModal'

interface PersonMenuProps {
  readonly person: PersonView
  /** Whether this administrator may change this person. */
  readonly touchable: boolean
}

export function PersonMenu({ person, touchable }: PersonMenuProps) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const change = useChangePerson()
  const remove = useDeletePerson()
  const reset = useResetSecondFactor()
  const [opened, setOpened] = useState<'sign-ins' | 'second-factor' | 'suspend' | 'delete' | null>(null)
  const name = person.nickname
  const settle = { onError: (failure: unknown) => toast(failureText(failure)), onSettled: () => setOpened(null) }
  const suspended = person.status === 'suspended'
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t('people.actions', { name })}>
            <Ellipsis size={17} />
          </IconButton>
        }
      >
        <MenuItem icon={<MonitorSmartphone size={15} />} onSelect={() => setOpened('sign-ins')}>
          {t('people.signIns')}
        </MenuItem>
        {touchable ? (
          <>
            <MenuItem icon={<ShieldOff size={15} />} onSelect={() => setOpened('second-factor')}>
              {t('people.resetFactor')}
            </MenuItem>
            {suspended ? (
              <MenuItem icon={<UserCheck size={15} />} onSelect={() => change.mutate({ id: person.id, status: 'active' }, settle)}>
                {t('people.reactivate')}
              </MenuItem>
            ) : (
              <MenuItem icon={<UserX size={15} />} onSelect={() => setOpened('suspend')}>
                {t('people.suspend')}
              </MenuItem>
            )}
            <MenuLine />
            <MenuItem icon={<Trash2 size={15} />} danger onSelect={() => setOpened('delete')}>
              {t('deleteAccount.title')}
            </MenuItem>
          </>
        ) : null}
      </Menu>
      {opened === 'sign-ins' ? <SignInsModal person={person} onClose={() => setOpened(null)} /> : null}
      {opened === 'second-factor' ? (
        <ConfirmModal
          title={t('people.resetFactorTitle', { name })}
          text={t('people.resetFactorText')}
          action={t('people.resetFactor')}
          busy={reset.isPending}
          onClose={() => setOpened(null)}
          onConfirm={() => reset.mutate(person.id, { ...settle, onSuccess: () => toast(t('people.factorReset', { name })) })}
        />
      ) : null}
      {opened === 'suspend' ? (
        <ConfirmModal
          title={t('people.suspendTitle', { name })}
          text={t('people.suspendText')}
          action={t('people.suspend')}
          busy={change.isPending}
          onClose={() => setOpened(null)}
          onConfirm={() => change.mutate({ id: person.id, status: 'suspended' }, settle)}
        />
      ) : null}
      {opened === 'delete' ? (
        <ConfirmModal
          title={t('people.deleteTitle', { name })}
          text={t('people.deleteText')}
          action={t('deleteAccount.do')}
          busy={remove.isPending}
          onClose={() => setOpened(null)}
          onConfirm={() => remove.mutate(person.id, settle)}
        />
      ) : null}
    </>
  )
}
