import { Component, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Button } from '@/ui/Button'

interface CrashScreenProps {
  readonly children: ReactNode
}

/** A mistake of this page shows a way on instead of nothing. What was said is safe: it is in the log, or kept in this tab. */
export class CrashScreen extends Component<CrashScreenProps, { readonly crashed: boolean }> {
  override state = { crashed: false }

  static getDerivedStateFromError() {
    return { crashed: true }
  }

  override render() {
    return this.state.crashed ? <Crashed /> : this.props.children
  }
}

function Crashed() {
  const { t } = useTranslation()
  return (
    <div role="alert" className="flex h-dvh flex-col items-center justify-center gap-3 p-8 text-center">
      <h1 className="font-serif text-2xl font-medium">{t('crash.title')}</h1>
      <p className="max-w-sm text-muted">{t('crash.text')}</p>
      <Button look="primary" className="mt-3" onClick={() => location.reload()}>
        {t('crash.reload')}
      </Button>
    </div>
  )
}
