import { ChartColumn, Ellipsis, Pencil, Power, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { KeyView } from '@/contracts/rest'
import { useDeleteKey, useSwitchKey } from '@/lib/api/keys'
import { ConfirmModal } from '@/ui/ConfirmModal'
import { IconButton } from '@/ui/IconButton'
import { Menu, MenuItem, MenuLine } from '@/ui/Menu'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

import { EditKeyModal } from './EditKeyModal'
import { KeyUsageModal } from './KeyUsageModal'

export function KeyMenu({ entry }: { readonly entry: KeyView }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const power = useSwitchKey()
  const [opened, setOpened] = useState<'edit' | 'usage' | 'delete' | null>(null)
  const close = () => setOpened(null)
  const change = () =>
    power.mutate(
      { id: entry.id, on: !entry.enabled },
      {
        onSuccess: () => toast(t(entry.enabled ? 'keys.isOff' : 'keys.isOn')),
        onError: (failure) => toast(failureText(failure)),
      },
    )
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t('keys.actions', { name: entry.label || entry.key_hint || entry.provider })}>
            <Ellipsis size={17} />
          </IconButton>
        }
      >
        <MenuItem icon={<Pencil size={15} />} onSelect={() => setOpened('edit')}>
          {t('keys.edit')}
        </MenuItem>
        <MenuItem icon={<ChartColumn size={15} />} onSelect={() => setOpened('usage')}>
          {t('keys.usage')}
        </MenuItem>
        <MenuItem icon={<Power size={15} />} onSelect={change}>
          {t(entry.enabled ? 'keys.switchOff' : 'keys.switchOn')}
        </MenuItem>
        <MenuLine />
        <MenuItem icon={<Trash2 size={15} />} danger onSelect={() => setOpened('delete')}>
          {t('keys.delete')}
        </MenuItem>
      </Menu>
      {opened === 'edit' ? <EditKeyModal entry={entry} onClose={close} /> : null}
      {opened === 'usage' ? <KeyUsageModal entry={entry} onClose={close} /> : null}
      {opened === 'delete' ? <DeleteKeyModal entry={entry} onClose={close} /> : null}
    </>
  )
}

function DeleteKeyModal({ entry, onClose }: { readonly entry: KeyView; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const remove = useDeleteKey()
  return (
    <ConfirmModal
      title={t('keys.deleteTitle')}
      text={entry.key_hint ? t('keys.deleteText', { hint: entry.key_hint }) : t('keys.deleteTextUnknown')}
      action={t('keys.delete')}
      busy={remove.isPending}
      onClose={onClose}
      onConfirm={() => remove.mutate(entry.id, { onError: (failure) => toast(failureText(failure)), onSettled: onClose })}
    />
  )
}
