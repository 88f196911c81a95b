/** What a person's rooms used, over REST. */
import { useQuery } from '@tanstack/react-query'

import type { Overview } from '@/contracts/rest'

import { request } from './request'

export const PERIODS = ['7d', '30d', 'all'] as const
export type Period = (typeof PERIODS)[number]

export function useOverview(period: Period) {
  return useQuery({
    queryKey: ['statistics', period],
    queryFn: async () => (await request<Overview>('GET', '/stats/overview', { query: { period } })).data,
    placeholderData: (before) => before,
  })
}
