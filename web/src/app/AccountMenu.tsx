import { ChartColumn, ChevronsUpDown, Drama, KeyRound, Keyboard, LogOut, Settings, UsersRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'

import { logOut } from '@/lib/api/auth'
import { useChangePreferences } from '@/lib/api/preferences'
import { isAdministrator, useAccount } from '@/lib/credentials'
import { useKeyQuotas } from '@/lib/keyQuotas'
import { useUnusualKeys } from '@/lib/unusualKeys'
import { type Language, usePreferences } from '@/lib/preferences'
import type { Route } from '@/lib/route'
import { Menu, MenuChoice, MenuItem, MenuLine } from '@/ui/Menu'
import { classes } from '@/ui/classes'

import { useShortcutList } from './shortcutList'

const PAGES = [
  { route: { page: 'personas' }, icon: Drama, title: 'personas.title' },
  { route: { page: 'keys' }, icon: KeyRound, title: 'keys.title' },
  { route: { page: 'statistics' }, icon: ChartColumn, title: 'statistics.title' },
  { route: { page: 'settings', section: 'account' }, icon: Settings, title: 'settings.title' },
  { route: { page: 'admin', section: 'people' }, icon: UsersRound, title: 'admin.title' },
] as const

interface AccountMenuProps {
  /** The page that is open. */
  readonly page: string
  readonly onOpen: (route: Route) => void
}

export function AccountMenu({ page: current, onOpen }: AccountMenuProps) {
  const { t, i18n } = useTranslation()
  const account = useAccount()
  const theme = usePreferences((preferences) => preferences.theme)
  const change = useChangePreferences()
  const near = useKeyQuotas((quotas) => quotas.length > 0)
  const unusual = useUnusualKeys((days) => days.length > 0)
  const news = near || unusual
  if (account.state !== 'signed-in') return null
  const { nickname, email } = account.user
  const pages = PAGES.filter(({ route }) => route.page !== 'admin' || isAdministrator(account.user))
  const [initial = '?'] = Array.from(nickname)
  return (
    <div className="flex flex-col gap-1 border-t border-line pt-2">
      {pages.map(({ route, icon: Icon, title }) => (
        <button
          key={route.page}
          type="button"
          onClick={() => onOpen(route)}
          aria-current={current === route.page ? 'page' : undefined}
          className={classes(
            'flex h-9 items-center gap-2.5 rounded-xl px-3 text-sm text-muted hover:bg-sunken/60 hover:text-ink',
            current === route.page && 'bg-sunken text-ink',
          )}
        >
          <Icon size={16} aria-hidden="true" />
          {t(title)}
          {route.page === 'keys' && news ? <span className="ml-auto size-2 rounded-full bg-(--meter-warn)" /> : null}
          {route.page === 'keys' && near ? <span className="sr-only">{t('keys.quota.badge')}</span> : null}
          {route.page === 'keys' && unusual ? <span className="sr-only">{t('keys.unusual.badge')}</span> : null}
        </button>
      ))}
      <Menu
        align="start"
        side="top"
        trigger={
          <button
            type="button"
            className="flex items-center gap-2.5 rounded-xl p-2 text-left hover:bg-sunken/60 data-[state=open]:bg-sunken"
          >
            <span
              aria-hidden="true"
              className="flex size-8 items-center justify-center rounded-full bg-accent-soft text-[0.8125rem] font-semibold text-accent uppercase"
            >
              {initial}
            </span>
            <span className="min-w-0 flex-1">
              <span className="block truncate text-sm leading-tight font-medium">{nickname}</span>
              <span className="block truncate text-xs text-muted">{email}</span>
            </span>
            <ChevronsUpDown size={15} aria-hidden="true" className="text-muted" />
          </button>
        }
      >
        <MenuChoice
          label={t('account.theme')}
          value={theme}
          onChange={(chosen) => change({ theme: chosen })}
          options={[
            { value: 'system', label: t('account.system') },
            { value: 'light', label: t('account.light') },
            { value: 'dark', label: t('account.dark') },
          ]}
        />
        <MenuChoice<Language>
          label={t('account.language')}
          value={i18n.language === 'zh' ? 'zh' : 'en'}
          onChange={(language) => change({ language })}
          options={[
            { value: 'en', label: 'English' },
            { value: 'zh', label: '中文' },
          ]}
        />
        <MenuLine />
        <MenuItem icon={<Keyboard size={15} />} onSelect={() => useShortcutList.setState({ open: true })}>
          {t('shortcuts.title')}
        </MenuItem>
        {/* Signed out on this side even if the server cannot be told. */}
        <MenuItem icon={<LogOut size={15} />} onSelect={() => void logOut().catch(() => undefined)}>
          {t('account.signOut')}
        </MenuItem>
      </Menu>
    </div>
  )
}
