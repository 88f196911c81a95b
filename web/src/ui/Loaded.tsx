import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

import { Button } from './Button'
import { Callout } from './Callout'
import { useFailureText } from './useFailureText'

interface LoadedProps<Data> {
  readonly query: UseQueryResult<Data>
  readonly children: (data: Data) => ReactNode
}

/** What the server was asked for: on its way, refused with a way to ask again, or there. */
export function Loaded<Data>({ query, children }: LoadedProps<Data>) {
  const { t } = useTranslation()
  const failureText = useFailureText()
  if (query.data !== undefined) return children(query.data)
  if (!query.isError) return <div aria-hidden="true" className="h-20 animate-pulse rounded-2xl bg-sunken" />
  return (
    <Callout
      tone="danger"
      urgent
      action={
        <Button small onClick={() => void query.refetch()}>
          {t('tryAgain')}
        </Button>
      }
    >
      {failureText(query.error)}
    </Callout>
  )
}
