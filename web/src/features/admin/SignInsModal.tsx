import { useTranslation } from 'react-i18next'

import type { PersonView } from '@/contracts/rest'
import { useEndAnySignIns, useSignInsOf } from '@/lib/api/people'
import { Button } from '@/ui/Button'
import { DeviceLine } from '@/ui/DeviceLine'
import { Loaded } from '@/ui/Loaded'
import { Modal } from '@/ui/Modal'
import { toast } from '@/ui/toasts'
import { useFailureText } from '@/ui/useFailureText'

/** Where somebody is signed in; whatever is ended is disconnected within a second. */
export function SignInsModal({ person, onClose }: { readonly person: PersonView; readonly onClose: () => void }) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  const signIns = useSignInsOf(person.id)
  const end = useEndAnySignIns()
  const others = (signIns.data ?? []).filter(({ current }) => !current).map(({ id }) => id)
  const ended = (ids: readonly string[]) => end.mutate(ids, { onError: (failure) => toast(failureText(failure)) })
  return (
    <Modal title={t('people.signInsOf', { name: person.nickname })} description={person.email} onClose={onClose}>
      <Loaded query={signIns}>
        {(data) =>
          data.length === 0 ? (
            <p className="text-sm text-muted">{t('people.noSignIns')}</p>
          ) : (
            <ul className="divide-y divide-line">
              {data.map((device) => (
                <DeviceLine key={device.id} device={device} busy={end.isPending} onEnd={() => ended([device.id])} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {others.length > 1 ? (
        <div className="mt-3 flex justify-end">
          <Button small busy={end.isPending} onClick={() => ended(others)}>
            {t('people.endAll')}
          </Button>
        </div>
      ) : null}
    </Modal>
  )
}
