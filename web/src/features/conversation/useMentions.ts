import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react'

import type { Participant } from '@/contracts/protocol'
import { isComposing } from '@/lib/composing'

import { type Completion, type Edited, completed, completionAt } from './mentions'

interface Mentions {
  readonly completion: Completion | null
  readonly active: number
  /** True where the key was for the list. */
  readonly onKeyDown: (event: KeyboardEvent) => boolean
  readonly onCaret: () => void
  readonly choose: (place: number) => void
}

/** Completes the names of members in a text field. */
export function useMentions(
  field: RefObject<HTMLTextAreaElement | null>,
  text: string,
  members: readonly Participant[],
  change: (text: string) => void,
): Mentions {
  const [caret, setCaret] = useState(0)
  const [active, setActive] = useState(0)
  const [dismissed, setDismissed] = useState<number | null>(null)
  const wanted = useRef<Edited | null>(null)
  const found = completionAt(text, caret, members)
  const completion = found && found.start !== dismissed ? found : null
  const shown = Math.min(active, (completion?.members.length ?? 1) - 1)

  // The caret can only be put behind the name when the text is there.
  useLayoutEffect(() => {
    if (wanted.current?.text !== text) return
    field.current?.setSelectionRange(wanted.current.caret, wanted.current.caret)
    setCaret(wanted.current.caret)
    wanted.current = null
  }, [field, text])

  const choose = (place: number) => {
    const member = completion?.members[place]
    if (!completion || !member) return
    wanted.current = completed(text, caret, completion, member)
    change(wanted.current.text)
  }
  const onKeyDown = (event: KeyboardEvent): boolean => {
    if (!completion || isComposing(event.nativeEvent)) return false
    const count = completion.members.length
    if (event.key === 'ArrowDown') setActive((shown + 1) % count)
    else if (event.key === 'ArrowUp') setActive((shown + count - 1) % count)
    else if (event.key === 'Escape') setDismissed(completion.start)
    else if (event.key === 'Tab' || (event.key === 'Enter' && !event.shiftKey)) choose(shown)
    else return false
    event.preventDefault()
    return true
  }
  const onCaret = () => {
    setCaret(field.current?.selectionStart ?? 0)
    setActive(0)
    if (found === null) setDismissed(null)
  }
  return { completion, active: shown, onKeyDown, onCaret, choose }
}
