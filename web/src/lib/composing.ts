/** What browsers name the key while an input method composes; Safari also the Enter that ends it. */
const COMPOSING_KEY = 229

/** Whether a keystroke belongs to an input method, which composes Chinese, say, of several of them. */
export function isComposing(event: { readonly isComposing: boolean; readonly keyCode: number }): boolean {
  return event.isComposing || event.keyCode === COMPOSING_KEY
}
