/** Short messages about something that went wrong or well elsewhere on the page. */
import { create } from 'zustand'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly action?: ToastAction | undefined
}

/** What can still be done about it. */
export interface ToastAction {
  readonly label: string
  readonly run: () => void
}

const SHOWN_FOR_MS = 7_000
const MAX_TOASTS = 3

let next = 0

export const useToasts = create<readonly Toast[]>(() => [])

export function toast(text: string, action?: ToastAction): void {
  next += 1
  const id = next
  useToasts.setState((toasts) => [...toasts, { id, text, action }].slice(-MAX_TOASTS), true)
  setTimeout(() => dismissToast(id), SHOWN_FOR_MS)
}

export function dismissToast(id: number): void {
  useToasts.setState((toasts) => toasts.filter((shown) => shown.id !== id), true)
}
