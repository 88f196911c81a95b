import { type Route, navigate, pathOf } from '@/lib/route'

import { classes } from './classes'

interface SectionTabsProps {
  readonly label: string
  readonly tabs: readonly { readonly route: Route; readonly title: string; readonly current: boolean }[]
}

/** Parts of a page that have addresses of their own: links, so that they can be opened elsewhere and gone back to. */
export function SectionTabs({ label, tabs }: SectionTabsProps) {
  return (
    <nav aria-label={label} className="scroll-quiet mt-6 overflow-x-auto border-b border-line max-sm:-mx-5 max-sm:px-5">
      <ul className="flex gap-6">
        {tabs.map(({ route, title, current }) => (
          <li key={pathOf(route)}>
            <a
              href={pathOf(route)}
              aria-current={current ? 'page' : undefined}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey || event.shiftKey) return
                event.preventDefault()
                navigate(route)
              }}
              className={classes(
                'block border-b-2 py-2.5 text-sm font-medium whitespace-nowrap transition-colors',
                current ? 'border-accent text-ink' : 'border-transparent text-muted hover:text-ink',
              )}
            >
              {title}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
