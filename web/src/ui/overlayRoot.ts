import { createContext } from 'react'

/**
 * Where menus and tooltips are put: into the open dialog, for what lies outside of it is inert and beneath it; null
 * outside of dialogs, for the end of the page.
 */
export const OverlayRoot = createContext<HTMLElement | null>(null)
