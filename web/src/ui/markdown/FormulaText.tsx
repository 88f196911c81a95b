/** A formula as it was written: while it is not whole or not set yet, and where it is none. */
export function FormulaText({ tex }: { readonly tex: string }) {
  return <code data-formula="text">{tex}</code>
}
