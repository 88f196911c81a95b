/** Whether the list of keyboard shortcuts is open: the keyboard opens it, and the menu of the account. */
import { create } from 'zustand'

export const useShortcutList = create<{ readonly open: boolean }>(() => ({ open: false }))
