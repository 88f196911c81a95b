import { Plus } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { useAccount } from '@/lib/credentials'
import { navigate } from '@/lib/route'
import { Button } from '@/ui/Button'

const HINTS = ['together', 'order', 'fit'] as const

export function HomePage() {
  const { t } = useTranslation()
  const name = useAccount((account) => (account.state === 'signed-in' ? account.user.nickname : ''))
  return (
    <div className="scroll-quiet flex h-full flex-col items-center overflow-y-auto px-6 py-10">
      <div className="my-auto w-full max-w-2xl">
        <p className="text-[0.9375rem] text-muted">{t('home.hello', { name })}</p>
        <h1 className="mt-1 font-serif text-[2.375rem] leading-[1.15] font-medium tracking-[-0.02em]">{t('home.title')}</h1>
        <p className="mt-3 max-w-lg text-[1.0625rem] leading-relaxed text-muted">{t('home.text')}</p>
        <Button
          look="primary"
          className="mt-7 h-11 px-5"
          icon={<Plus size={18} />}
          onClick={() => navigate({ page: 'new-room' })}
        >
          {t('rooms.new')}
        </Button>
        <ul className="mt-14 grid gap-6 border-t border-line pt-7 sm:grid-cols-3">
          {HINTS.map((hint) => (
            <li key={hint}>
              <h2 className="text-sm font-semibold">{t(`home.${hint}.title`)}</h2>
              <p className="mt-1 text-[0.8125rem] leading-relaxed text-muted">{t(`home.${hint}.text`)}</p>
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
