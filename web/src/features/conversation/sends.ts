import { isComposing } from '@/lib/composing'
import type { SendKey } from '@/lib/preferences'

export interface Keystroke {
  readonly key: string
  readonly shiftKey: boolean
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly nativeEvent: { readonly isComposing: boolean; readonly keyCode: number }
}

/** Whether this keystroke sends what is written. While an input method composes a character, Enter belongs to it. */
export function sends({ key, shiftKey, ctrlKey, metaKey, nativeEvent }: Keystroke, sendKey: SendKey): boolean {
  if (key !== 'Enter' || isComposing(nativeEvent)) return false
  return sendKey === 'enter' ? !shiftKey : ctrlKey || metaKey
}
