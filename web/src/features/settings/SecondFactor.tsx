import { ShieldCheck, ShieldOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'

import type { SecondFactorState } from '@/contracts/rest'
import { useSecondFactor } from '@/lib/api/secondFactor'
import { Button } from '@/ui/Button'
import { Callout } from '@/ui/Callout'
import { Loaded } from '@/ui/Loaded'
import { Panel } from '@/ui/Panel'

import { NewCodesModal } from './NewCodesModal'
import { TurnOffModal } from './TurnOffModal'
import { TurnOnModal } from './TurnOnModal'

/** With so few recovery codes left, it is time for new ones. */
const FEW_CODES = 2

export function SecondFactor() {
  const { t } = useTranslation()
  const state = useSecondFactor()
  return (
    <Panel title={t('secondFactor.title')} about={t('secondFactor.about')}>
      <Loaded query={state}>{(data) => <Standing state={data} />}</Loaded>
    </Panel>
  )
}

function Standing({ state }: { readonly state: SecondFactorState }) {
  const { t } = useTranslation()
  const [changing, setChanging] = useState<'on' | 'off' | 'codes' | null>(null)
  const Icon = state.enabled ? ShieldCheck : ShieldOff
  const left = state.recovery_codes_left
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <Icon size={18} aria-hidden="true" className={state.enabled ? 'text-accent' : 'text-muted'} />
        <p role="status" className="min-w-0 flex-1 text-sm font-medium">
          {t(state.enabled ? 'secondFactor.on' : 'secondFactor.off')}
        </p>
        {state.enabled ? (
          <Button small onClick={() => setChanging('off')}>
            {t('secondFactor.turnOff')}
          </Button>
        ) : (
          <Button small look="primary" onClick={() => setChanging('on')}>
            {t('secondFactor.turnOn')}
          </Button>
        )}
      </div>
      {state.enabled ? (
        <div className="mt-3 flex flex-wrap items-center justify-between gap-3">
          {left > FEW_CODES ? (
            <p className="text-[0.8125rem] text-muted">{t('secondFactor.codesLeft', { count: left })}</p>
          ) : (
            <Callout tone="warn">{t('secondFactor.fewCodes', { count: left })}</Callout>
          )}
          <Button small onClick={() => setChanging('codes')}>
            {t('secondFactor.newCodes')}
          </Button>
        </div>
      ) : null}
      {changing === 'on' ? <TurnOnModal onClose={() => setChanging(null)} /> : null}
      {changing === 'codes' ? <NewCodesModal onClose={() => setChanging(null)} /> : null}
      {changing === 'off' ? <TurnOffModal onClose={() => setChanging(null)} /> : null}
    </>
  )
}
