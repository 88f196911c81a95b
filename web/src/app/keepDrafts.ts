/** What was begun to be written survives a reload, and is the same in all tabs of this person. */
import { readDrafts, roomOf, textOf, writeDraft } from '@/lib/draftShelf'
import { keepDraft, useDrafts } from '@/lib/drafts'

/** Take up what was kept, and keep it up to date until the returned function is called. */
export function keepDrafts(userId: string): () => void {
  useDrafts.setState(readDrafts(localStorage, userId), true)
  const forget = useDrafts.subscribe((drafts, before) => {
    for (const [sessionId, text] of Object.entries(drafts)) {
      if (text !== before[sessionId]) writeDraft(localStorage, userId, sessionId, text, Date.now())
    }
  })
  const onElsewhere = ({ storageArea, key, newValue }: StorageEvent) => {
    const sessionId = storageArea === localStorage && key !== null ? roomOf(key, userId) : null
    if (sessionId !== null) keepDraft(sessionId, textOf(newValue))
  }
  window.addEventListener('storage', onElsewhere)
  return () => {
    window.removeEventListener('storage', onElsewhere)
    forget()
    useDrafts.setState({}, true)
  }
}
