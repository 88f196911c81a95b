/** Keeps a growing text at its end for as long as the reader is there, and leaves the reader alone otherwise. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'

/** Nearer to the end than this counts as being there, in pixels. */
const NEAR = 96

interface Sticking {
  readonly frame: RefObject<HTMLDivElement | null>
  readonly content: RefObject<HTMLDivElement | null>
  readonly atBottom: boolean
  readonly toBottom: () => void
  /** The reader is led elsewhere. */
  readonly letGo: () => void
}

export function useStickToBottom(): Sticking {
  const frame = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const sticking = useRef(true)
  const [atBottom, setAtBottom] = useState(true)

  const toBottom = useCallback(() => {
    sticking.current = true
    setAtBottom(true)
    frame.current?.scrollTo({ top: frame.current.scrollHeight })
  }, [])

  const letGo = useCallback(() => {
    sticking.current = false
    setAtBottom(false)
  }, [])

  useEffect(() => {
    const [outer, inner] = [frame.current, content.current]
    if (!outer || !inner) return undefined
    let height = outer.scrollHeight
    const onScroll = () => {
      // While the text grows the distance grows too; only a movement of the reader changes what they want.
      const grew = outer.scrollHeight !== height
      height = outer.scrollHeight
      const near = outer.scrollHeight - outer.scrollTop - outer.clientHeight < NEAR
      if (grew && !near) return
      sticking.current = near
      setAtBottom(near)
    }
    const follow = new ResizeObserver(() => {
      if (sticking.current) outer.scrollTop = outer.scrollHeight
    })
    outer.addEventListener('scroll', onScroll, { passive: true })
    follow.observe(inner)
    follow.observe(outer)
    return () => {
      outer.removeEventListener('scroll', onScroll)
      follow.disconnect()
    }
  }, [])

  return { frame, content, atBottom, toBottom, letGo }
}
