import { useEffect, useState } from 'react'

const SETTLES_AFTER_MS = 250

/** What a person types, once they pause: nothing is asked for with every letter. */
export function useSettled<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLES_AFTER_MS)
    return () => clearTimeout(timer)
  }, [value])
  return settled
}
