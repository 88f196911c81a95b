import { useEffect } from 'react'

import { usePreferences } from '@/lib/preferences'

/** Keep the page in the theme and the size that the person, or else the system, prefers. */
export function useTheme(): void {
  const theme = usePreferences((preferences) => preferences.theme)
  const fontSize = usePreferences((preferences) => preferences.fontSize)
  useEffect(() => {
    document.documentElement.dataset.fontSize = fontSize
  }, [fontSize])
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)')
    const apply = () => {
      const isDark = theme === 'dark' || (theme === 'system' && dark.matches)
      document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
    }
    apply()
    dark.addEventListener('change', apply)
    return () => dark.removeEventListener('change', apply)
  }, [theme])
}
